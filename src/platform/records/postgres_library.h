// libpq, loaded when an address of PostgreSQL is first used: linked, it would bring some twenty libraries
// (Kerberos, LDAP, GnuTLS) into every command. See docs/decisions/0015.
#pragma once

#include <libpq-fe.h>

#include "base/result.h"

namespace sinter {

#define SINTER_LIBPQ_FUNCTIONS(X) \
  X(PQclear)                      \
  X(PQcmdTuples)                  \
  X(PQconnectdbParams)            \
  X(PQconninfoFree)               \
  X(PQconninfoParse)              \
  X(PQconsumeInput)               \
  X(PQerrorMessage)               \
  X(PQexec)                       \
  X(PQexecPrepared)               \
  X(PQfinish)                     \
  X(PQfreemem)                    \
  X(PQgetlength)                  \
  X(PQgetvalue)                   \
  X(PQnotifies)                   \
  X(PQntuples)                    \
  X(PQping)                       \
  X(PQprepare)                    \
  X(PQresultErrorField)           \
  X(PQresultStatus)               \
  X(PQsetNoticeProcessor)         \
  X(PQsocket)                     \
  X(PQstatus)

// Its functions, under their own names. Any thread.
struct PostgresLibrary {
#define SINTER_LIBPQ_MEMBER(name) decltype(&::name) name = nullptr;
  SINTER_LIBPQ_FUNCTIONS(SINTER_LIBPQ_MEMBER)
#undef SINTER_LIBPQ_MEMBER
  // Once for the process. kUnsupported where it is not installed.
  static Result<const PostgresLibrary*> Load();
};

}  // namespace sinter
