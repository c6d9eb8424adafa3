#include "harness/printing.h"

namespace crowd_confluence {

std::ostream& operator<<(std::ostream& out, Result result) {
  return out << to_string(result);
}
std::ostream& operator<<(std::ostream& out, Source source) {
  return out << to_string(source);
}
std::ostream& operator<<(std::ostream& out, Reason reason) {
  return out << to_string(reason);
}
std::ostream& operator<<(std::ostream& out, HttpFailure failure) {
  return out << "HTTP failure " << static_cast<int>(failure);
}
std::ostream& operator<<(std::ostream& out, const Cookie& cookie) {
  return out << '[' << cookie.name << "]=[" << cookie.value << ']';
}

}  // namespace crowd_confluence
