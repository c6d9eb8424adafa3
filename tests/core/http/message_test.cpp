// Reading a response in whatever pieces it comes.

#include "http/message.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "harness/printing.h"
#include "harness/processes.h"

using namespace crowd_confluence;
using namespace std::chrono_literals;
namespace data = boost::unit_test::data;

namespace {

constexpr std::size_t kMost = 64 * 1024;

/// Were reading quadratic, it would take seconds.
constexpr auto kAtMost = processes::kSanitized ? 2000ms : 200ms;
constexpr auto kAtMostForBodies = processes::kSanitized ? 3000ms : 300ms;

std::chrono::nanoseconds cpu_of_this_thread() {
  std::timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

/// CPU that it takes to read the bytes one by one.
std::chrono::nanoseconds time_to_read(std::string_view bytes, int& status) {
  const auto start = cpu_of_this_thread();
  ResponseReader reader(kMost, kMost);
  for (const char& byte : bytes) {
    const auto error = reader.take({&byte, 1});
    BOOST_TEST_REQUIRE(!error.has_value(), (error ? error->text : ""));
  }
  BOOST_TEST_REQUIRE(reader.is_complete());
  status = reader.take_response().status;
  return cpu_of_this_thread() - start;
}

std::string repeated(std::string_view piece, std::size_t bytes) {
  std::string text;
  while (text.size() + piece.size() <= bytes) text += piece;
  return text;
}

std::optional<HttpError> error_of(std::string_view bytes) {
  ResponseReader reader(kMost, kMost);
  return reader.take(bytes);
}

const std::string kLongHeads[] = {"a:\n", "a:\r\n", "a: b\r\n", "a:\n b\n", "abcdefgh: ij\r\n"};

const std::string kAmbiguous[] = {
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "content-length: 5\r\nX: y\r\nTRANSFER-ENCODING: chunked\r\n",
    "Content-Length: 0\r\nTransfer-Encoding: gzip, chunked\r\n",
    "Content-Length: 5\nTransfer-Encoding: chunked\n",
    "Content-Length: 5\r\nContent-Length: 6\r\n",
    "Content-Length: 5, 6\r\n",
};

}  // namespace

BOOST_AUTO_TEST_SUITE(http_message)

BOOST_DATA_TEST_CASE(a_head_takes_time_by_its_length, data::make(kLongHeads), line) {
  int status = 0;
  const auto taken = time_to_read(
      "HTTP/1.1 200 OK\r\n" + repeated(line, 64'000) + "Content-Length: 0\r\n\r\n", status);
  BOOST_TEST(status == 200);
  BOOST_TEST((taken < kAtMost), taken.count() / 1'000'000 << " ms");
}

BOOST_AUTO_TEST_CASE(a_long_line_takes_time_by_its_length) {
  int status = 0;
  const auto taken = time_to_read(
      "HTTP/1.1 200 OK\r\nX: " + std::string(64'000, 'x') + "\r\nContent-Length: 0\r\n\r\n",
      status);
  BOOST_TEST((taken < kAtMost), taken.count() / 1'000'000 << " ms");
}

BOOST_AUTO_TEST_CASE(interim_responses_take_time_by_their_length) {
  int status = 0;
  const auto taken = time_to_read(
      repeated("HTTP/1.1 100 C\r\n\r\n", 60'000) + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      status);
  BOOST_TEST(status == 200);
  BOOST_TEST((taken < kAtMostForBodies), taken.count() / 1'000'000 << " ms");
}

BOOST_AUTO_TEST_CASE(chunks_and_trailers_take_time_by_their_length) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string bodies[] = {repeated("1\r\nx\r\n", 60'000) + "0\r\n\r\n",
                                "1;a=" + std::string(60'000, 'x') + "\r\ny\r\n0\r\n\r\n",
                                "0\r\n" + repeated("a: b\r\n", 60'000) + "\r\n",
                                "0\r\na: " + std::string(60'000, 'x') + "\r\n\r\n"};
  for (const std::string& body : bodies) {
    int status = 0;
    const auto taken = time_to_read(head + body, status);
    BOOST_TEST((taken < kAtMostForBodies), body.substr(0, 10)
                                               << ": " << taken.count() / 1'000'000 << " ms");
  }
}

BOOST_DATA_TEST_CASE(two_lengths_are_refused_by_a_name_of_their_own, data::make(kAmbiguous),
                     headers) {
  const std::string line_end = headers.ends_with("\r\n") ? "\r\n" : "\n";
  const auto error = error_of("HTTP/1.1 200 OK" + line_end + headers + line_end + "0\r\n\r\nok");
  BOOST_TEST_REQUIRE(error.has_value());
  BOOST_TEST(error->failure == HttpFailure::ambiguous_length,
             error->failure << ": " << error->text);
}

BOOST_AUTO_TEST_CASE(another_fault_of_a_head_is_none_of_its_length) {
  for (const char* const headers :
       {"Content-Length: -5\r\n", "Content-Length: x\r\n", "Content-Length: 5\r\nbad header\r\n",
        "Transfer-Encoding: chunked\r\n: y\r\n"}) {
    const auto error = error_of(std::string("HTTP/1.1 200 OK\r\n") + headers + "\r\n");
    BOOST_TEST_REQUIRE(error.has_value(), headers);
    BOOST_TEST(error->failure == HttpFailure::protocol, headers);
  }
}

BOOST_AUTO_TEST_SUITE_END()
