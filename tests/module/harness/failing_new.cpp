// To be loaded before httpd: memory runs out for requests of certain sizes, as
// out_of_memory_test.cpp provokes them.

#include <cstdlib>
#include <new>

void* operator new(std::size_t size) {
  constexpr std::size_t kLeast = 7100;
  constexpr std::size_t kMost = 7200;
  constexpr std::size_t kMostUnknown = 7300;
  if (size >= kLeast && size < kMost) throw std::bad_alloc();
  if (size >= kMost && size < kMostUnknown) throw 0;  // what some other library might
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
