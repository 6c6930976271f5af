# Every third-party library, found once. `./dev setup` is the list of the packages that carry them.
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Snappy REQUIRED)
find_library(SINTER_ZSTD zstd REQUIRED)
find_library(SINTER_LZ4 lz4 REQUIRED)
if(SINTER_TESTS)
  find_package(GTest REQUIRED)
endif()
# prometheus-cpp's own CMake package insists on what its pull and push servers need; its text is all we use.
find_library(SINTER_PROMETHEUS prometheus-cpp-core REQUIRED)
# libgit2 has a pkg-config file alone; one header and one library are all there is to it.
find_library(SINTER_GIT2 git2 REQUIRED)
# oneDNN's own CMake package insists on OpenCL's headers, which the CPU library does not need.
find_library(SINTER_DNNL dnnl REQUIRED)
add_library(sinter_dnnl INTERFACE)
target_link_libraries(sinter_dnnl INTERFACE ${SINTER_DNNL})
# PostgreSQL's client library is loaded at run time: its headers are all that is needed to build.
add_library(sinter_libpq INTERFACE)
target_include_directories(sinter_libpq SYSTEM INTERFACE ${PostgreSQL_INCLUDE_DIRS})
