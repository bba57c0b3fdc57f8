# Turns models/builtin.txt into the rows of the table in registry.cc.
set(builtin_list ${CMAKE_SOURCE_DIR}/models/builtin.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${builtin_list})
file(STRINGS ${builtin_list} builtin_lines REGEX "^[0-9]")
set(builtin_rows "")
foreach(line ${builtin_lines})
  if(NOT line MATCHES "^([0-9]+) +([^ ]+) +([0-9a-f]+)( +(.+))?$")
    message(FATAL_ERROR "models/builtin.txt: not 'number name sha256 [command]': ${line}")
  endif()
  string(LENGTH ${CMAKE_MATCH_3} digits)
  if(NOT digits EQUAL 64)
    message(FATAL_ERROR "models/builtin.txt: not 64 hex digits: ${line}")
  endif()
  string(APPEND builtin_rows "{${CMAKE_MATCH_1}, \"${CMAKE_MATCH_2}\", parse_sha256(\"${CMAKE_MATCH_3}\"), \"${CMAKE_MATCH_5}\"},\n")
endforeach()
file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/builtin_models.inc CONTENT "${builtin_rows}")

# The place they are installed to; no path of the build is compiled into what is installed.
include(GNUInstallDirs)
set(registry_definitions LMC_INSTALLED_MODELS="${CMAKE_INSTALL_FULL_DATADIR}/lmc/models")

# In the build folder programs find the models as they do below an installation's prefix.
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/share/lmc)
file(CREATE_LINK ${CMAKE_SOURCE_DIR}/models ${CMAKE_BINARY_DIR}/share/lmc/models SYMBOLIC)
