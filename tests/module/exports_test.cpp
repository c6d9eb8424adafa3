// What the module and the library show to the dynamic linker.

#include <boost/test/unit_test.hpp>
#include <sstream>

#include "process.h"
#include "read_file.h"
#include "support/temporary_directory.h"
#include "wait.h"

using namespace module_tests;

namespace {

struct Symbol {
  std::string name;
  char type;
};

/// The defined dynamic symbols, with the names as a C++ programmer writes them.
std::vector<Symbol> exported_symbols(const std::string& file) {
  const test_support::TemporaryDirectory directory;
  const std::string output = directory.file("symbols");
  Process nm({NM_EXECUTABLE, "--dynamic", "--defined-only", "--demangle", file}, output);
  BOOST_REQUIRE(nm.wait(kPatience) == 0);
  std::istringstream in(read_file(output));
  std::vector<Symbol> result;
  for (std::string address; in >> address;) {
    Symbol symbol{};
    in >> symbol.type;
    std::getline(in >> std::ws, symbol.name);
    result.push_back(symbol);
  }
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(exports)

BOOST_AUTO_TEST_CASE(the_module_exports_its_record_and_nothing_else) {
  for (const std::string file : {CROWD_CONFLUENCE_MODULE, CROWD_CONFLUENCE_OTHER_MODULE}) {
    const std::vector<Symbol> symbols = exported_symbols(file);
    BOOST_REQUIRE_EQUAL(symbols.size(), 1U);
    BOOST_TEST(symbols.front().name == "crowd_confluence_module");
    BOOST_TEST(symbols.front().type == 'D');
  }
}

BOOST_AUTO_TEST_CASE(the_library_exports_its_contract_only) {
  const std::string library = CROWD_CONFLUENCE_LIBRARY;
  if (library.empty()) {
    BOOST_TEST_MESSAGE("the library is part of the module in this build");
    BOOST_TEST(library.empty());
    return;
  }
  const std::vector<Symbol> symbols = exported_symbols(library);
  BOOST_TEST(!symbols.empty());
  for (const Symbol& symbol : symbols) {
    BOOST_TEST_CONTEXT(symbol.type << ' ' << symbol.name) {
      // A unique symbol keeps a library mapped for good.
      BOOST_TEST(symbol.type != 'u');
      const bool is_ours = symbol.name.rfind("crowd_confluence::", 0) == 0 ||
                           symbol.name.find(" for crowd_confluence::") != std::string::npos;
      BOOST_TEST(is_ours);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
