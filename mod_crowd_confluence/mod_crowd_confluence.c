/* The module's record, and nothing else: other modules and <IfModule> know a module by the name of
 * the C file that holds its record. */

#include "module_functions.h"

AP_DECLARE_MODULE(crowd_confluence) = {
    STANDARD20_MODULE_STUFF,
    crowd_confluence_create_directory_config,
    crowd_confluence_merge_directory_config,
    crowd_confluence_create_server_config,
    NULL, /* what a server config holds concerns the start of that one server */
    (const command_rec*)&crowd_confluence_directives,
    crowd_confluence_register_hooks,
    0, /* flags */
};
