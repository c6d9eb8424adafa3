/* What the module's record, which is C, needs of the module, which is C++. */

#ifndef MOD_CROWD_CONFLUENCE_MODULE_FUNCTIONS_H_
#define MOD_CROWD_CONFLUENCE_MODULE_FUNCTIONS_H_

#include <httpd.h>

#include <http_config.h>

#ifdef __cplusplus
extern "C" {
#endif

extern module AP_MODULE_DECLARE_DATA crowd_confluence_module;

/* To C a command_rec holds a union, to C++ a pointer, of the same layout. Link-time optimization
 * compares the two, so C knows the table only by its address. */
#ifdef __cplusplus
extern const command_rec crowd_confluence_directives[];
#else
extern const struct crowd_confluence_directive_table crowd_confluence_directives;
#endif

void* crowd_confluence_create_directory_config(apr_pool_t* pool, char* directory);
void* crowd_confluence_merge_directory_config(apr_pool_t* pool, void* outer, void* inner);
void* crowd_confluence_create_server_config(apr_pool_t* pool, server_rec* server);
void crowd_confluence_register_hooks(apr_pool_t* pool);

#ifdef __cplusplus
}
#endif

#endif /* MOD_CROWD_CONFLUENCE_MODULE_FUNCTIONS_H_ */
