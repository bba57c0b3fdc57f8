# Kernels are compiled once for each instruction set and chosen at run time (kernel_set.h).
#
# One row an instruction set: the flags of its kernels. A new one also needs its row in isa.h and in isa.cc.
function(lmc_isa_flags isa out)
  set(kScalar)
  set(kNeon)
  set(kAvx2 -mavx2)
  set(kAvxVnni -mavx2 -mavxvnni)
  set(kAvx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni -mprefer-vector-width=512
    -Wno-maybe-uninitialized)  # gcc 12 warns about its own intrinsics headers (bug 105593)
  set(${out} ${${isa}} PARENT_SCOPE)
endfunction()

# lmc_kernels(out source [ISAS kScalar ...] [OPTIONS -O3 ...])
# compiles source for each of the instruction sets (by default those of LMC_ISAS_OF_COMPILER in isa.h), with
# LMC_KERNEL_ISA as the name of each, and appends the objects to the list `out`.
function(lmc_kernels out source)
  cmake_parse_arguments(K "" "" "ISAS;OPTIONS" ${ARGN})
  if(NOT K_ISAS AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set(K_ISAS kScalar kAvx2 kAvx512)
  elseif(NOT K_ISAS)
    set(K_ISAS kScalar)
  endif()
  cmake_path(GET source STEM stem)
  foreach(isa ${K_ISAS})
    lmc_isa_flags(${isa} flags)
    set(objects lmc_${stem}_${isa})
    add_library(${objects} OBJECT ${source})
    target_link_libraries(${objects} PRIVATE lmc_options)
    target_include_directories(${objects} PRIVATE ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../..)
    target_compile_definitions(${objects} PRIVATE LMC_KERNEL_ISA=${isa})
    target_compile_options(${objects} PRIVATE ${K_OPTIONS} ${flags})
    list(APPEND ${out} $<TARGET_OBJECTS:${objects}>)
  endforeach()
  set(${out} ${${out}} PARENT_SCOPE)
endfunction()
