// Objects of C++ in pools of APR.

#ifndef MOD_CROWD_CONFLUENCE_APR_POOL_H_
#define MOD_CROWD_CONFLUENCE_APR_POOL_H_

#include <apr_pools.h>

#include <new>
#include <utility>

namespace crowd_confluence::httpd {

/// Makes an object that lives as long as the pool.
template <typename T, typename... Arguments>
T* make_in_pool(apr_pool_t* pool, Arguments&&... arguments) {
  T* made = new (apr_palloc(pool, sizeof(T))) T{std::forward<Arguments>(arguments)...};
  apr_pool_cleanup_register(
      pool, made,
      [](void* object) {
        static_cast<T*>(object)->~T();
        return APR_SUCCESS;
      },
      apr_pool_cleanup_null);
  return made;
}

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_APR_POOL_H_
