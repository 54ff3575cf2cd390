import { ABI_CASES } from './cases/abi.ts'
import { BUFFER_CASES } from './cases/buffers.ts'
import { FOREIGN_FUNCTION_CASES } from './cases/foreign-functions.ts'
import { NETWORK_CASES } from './cases/network.ts'
import { GRPC_CALL_CASES } from './cases/grpc-calls.ts'
import { HEADER_MAP_CASES } from './cases/header-maps.ts'
import { HTTP_CALL_CASES } from './cases/http-calls.ts'
import { LOCAL_REPLY_CASES } from './cases/local-replies.ts'
import { METRIC_CASES } from './cases/metrics.ts'
import { PAUSING_CASES } from './cases/pausing.ts'
import { CONTEXT_CASES } from './cases/contexts.ts'
import { LOGGING_CASES } from './cases/logging.ts'
import { PROPERTY_CASES } from './cases/properties.ts'
import { TRAP_CASES } from './cases/traps.ts'
import { WASI_CASES } from './cases/wasi.ts'
import { WILD_POINTER_CASES } from './cases/wild-pointers.ts'
import { SHARED_STATE_CASES } from './cases/shared-state.ts'
import type { FilterCase } from './filter-case.ts'

/** All cases, each with a name of its own. */
export const CASES: readonly FilterCase[] = [
  ...HEADER_MAP_CASES,
  ...BUFFER_CASES,
  ...PAUSING_CASES,
  ...LOCAL_REPLY_CASES,
  ...SHARED_STATE_CASES,
  ...METRIC_CASES,
  ...HTTP_CALL_CASES,
  ...GRPC_CALL_CASES,
  ...PROPERTY_CASES,
  ...FOREIGN_FUNCTION_CASES,
  ...NETWORK_CASES,
  ...LOGGING_CASES,
  ...CONTEXT_CASES,
  ...WASI_CASES,
  ...WILD_POINTER_CASES,
  ...TRAP_CASES,
  ...ABI_CASES,
]
