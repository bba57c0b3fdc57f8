// Errors as values: every fallible function of the library returns Result<T> (or Status).
//
// An Error carries a family (which fixes the exit code of the program), the byte offset it concerns, where one is
// known, and a message that says what was expected, what was found and what to do next. The library never prints,
// never exits and lets no exception cross a public header.
#ifndef LMC_BASE_RESULT_H_
#define LMC_BASE_RESULT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace lmc {

// The four families; the value is the program's exit code.
enum class ErrorFamily { kUsage = 1, kEnvironment = 2, kBadInput = 3, kBug = 4 };

struct Error {
  ErrorFamily family = ErrorFamily::kBug;
  std::string message;
  std::optional<uint64_t> offset_bytes = std::nullopt;  // position in the input, if it has one
};

template <typename T>
class [[nodiscard]] Result {
 public:
  using Value = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

// Of a Result whose value does something at the end of its life, so that it must not end at once; such values have a
// type MustBeKept.
template <typename R>
inline constexpr bool kMustBeKept = requires {
  typename std::remove_cvref_t<R>::Value::MustBeKept;
};

struct Unit {};
using Status = Result<Unit>;
inline Status Ok() { return Unit{}; }

inline Error usage_error(std::string message) { return {ErrorFamily::kUsage, std::move(message)}; }
inline Error environment_error(std::string message) { return {ErrorFamily::kEnvironment, std::move(message)}; }
inline Error bad_input(std::string message, std::optional<uint64_t> offset_bytes = std::nullopt) {
  return {ErrorFamily::kBadInput, std::move(message), offset_bytes};
}

// Returns early with the error of a failed Status or Result.
#define LMC_TRY(expr)                                                              \
  do {                                                                             \
    auto&& lmc_try_ = (expr);                                                      \
    static_assert(!lmc::kMustBeKept<decltype(lmc_try_)>, "give its value a name"); \
    if (!lmc_try_.ok()) return lmc_try_.error();                                   \
  } while (0)

// LMC_ASSIGN(const auto size, reader.read_varint("size")): declares the value of a Result, or returns early with its
// error. Not the body of an if or a loop by itself: it is three statements.
#define LMC_ASSIGN(declaration, ...) LMC_ASSIGN_AS(LMC_JOIN(lmc_result_, __LINE__), declaration, __VA_ARGS__)
#define LMC_ASSIGN_AS(result, declaration, ...) \
  auto result = (__VA_ARGS__);                  \
  if (!result.ok()) return result.error();      \
  declaration = std::move(*result)
#define LMC_JOIN(a, b) LMC_JOIN_NOW(a, b)
#define LMC_JOIN_NOW(a, b) a##b

}  // namespace lmc

#endif  // LMC_BASE_RESULT_H_
