// The same work for every group of a block, side by side where there are threads.
#ifndef LMC_CODECS_GROUP_JOBS_H_
#define LMC_CODECS_GROUP_JOBS_H_

#include "lmc/base/parallel.h"
#include "lmc/codecs/codec.h"

namespace lmc {

// The results of job(group, resources) for every group, in order. threads_of(group): how many it can keep busy.
template <typename T, typename ThreadsOf, typename Job>
std::vector<T> for_groups(size_t count, const ThreadsOf& threads_of, const Job& job, const BlockResources& resources) {
  ProgressSum progress(resources.progress, resources.threads > 1);
  InOrder<T> jobs(resources.threads, [&] { progress.tick(); });
  std::vector<T> results;
  for (size_t g = 0; g < count; ++g) {
    BlockResources with = resources;
    with.threads = std::min(resources.threads, threads_of(g));
    with.progress = progress.for_block();
    while (!jobs.has_room(with.threads)) results.push_back(jobs.take());
    jobs.submit(with.threads, [&job, g, with] { return job(g, with); });
  }
  while (!jobs.empty()) results.push_back(jobs.take());
  return results;
}

}  // namespace lmc

#endif  // LMC_CODECS_GROUP_JOBS_H_
