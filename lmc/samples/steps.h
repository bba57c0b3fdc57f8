// Sizes as small numbers for contexts: how many of some rising steps they reach.
#ifndef LMC_SAMPLES_STEPS_H_
#define LMC_SAMPLES_STEPS_H_

#include <cstddef>
#include <cstdint>

namespace lmc {

template <typename T, size_t kSteps>
uint32_t steps_reached(T size, const T (&steps)[kSteps]) {
  uint32_t reached = 0;
  while (reached < kSteps && size >= steps[reached]) ++reached;
  return reached;
}
// The same with the sign of x: 0 .. 2 kSteps, kSteps for what is small.
template <typename T, size_t kSteps>
uint32_t signed_steps(T x, const T (&steps)[kSteps]) {
  return x < 0 ? uint32_t(kSteps) - steps_reached(-x, steps) : uint32_t(kSteps) + steps_reached(x, steps);
}

}  // namespace lmc

#endif  // LMC_SAMPLES_STEPS_H_
