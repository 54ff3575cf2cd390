import { Result, STREAM_TYPE_MAX, StreamType } from '../abi.ts'
import type { FilterVm } from '../filter-vm.ts'
import { readPairs } from '../pairs.ts'
import { HeaderMap } from '../header-map.ts'
import { lowered } from '../vm-memory.ts'
import { tooLarge } from './general-calls.ts'
import type { HostCalls } from './imports.ts'

/** Streams that go on, end, or are answered. */
export function streamCalls(vm: FilterVm): HostCalls {
  const continued = (type: StreamType): Result => vm.context?.continueStream(type) ?? Result.BAD_ARGUMENT
  return {
    proxy_continue_stream: (type: number) => {
      vm.countHostCall()
      return isStreamType(type) ? continued(type) : Result.BAD_ARGUMENT
    },
    proxy_close_stream: (type: number) => {
      vm.countHostCall()
      return isStreamType(type) ? (vm.context?.closeStream(type) ?? Result.OK) : Result.BAD_ARGUMENT
    },
    proxy_get_status: (codePointer: number, textPointer: number, sizePointer: number) => {
      vm.countHostCall()
      const { code, message } = vm.context?.root.status ?? { code: 0, message: '' }
      const isGiven =
        vm.memory.setU32(codePointer, code) && vm.memory.giveText(message, textPointer, sizePointer)
      return isGiven ? Result.OK : Result.INVALID_MEMORY_ACCESS
    },
    proxy_send_local_response: (
      status: number,
      detailsPointer: number,
      detailsSize: number,
      bodyPointer: number,
      bodySize: number,
      headersPointer: number,
      headersSize: number,
      grpcStatus: number,
    ) => {
      vm.countHostCall()
      const details = vm.memory.latin1(detailsPointer, detailsSize)
      const body = vm.memory.slice(bodyPointer, bodySize)
      const headers = vm.memory.slice(headersPointer, headersSize)
      if (details === undefined || body === undefined || headers === undefined)
        return Result.INVALID_MEMORY_ACCESS
      if (details.length + body.length + headers.length > vm.options.limits.valueBytesMax) return tooLarge(vm)
      return (
        vm.context?.localResponse({
          status: status >>> 0,
          details,
          body: Buffer.from(body),
          headers: readPairs(headers, lowered) ?? new HeaderMap(),
          grpcStatus: grpcStatus < 0 ? undefined : grpcStatus,
        }) ?? Result.OK
      )
    },
    // Only in 0.1.0.
    proxy_continue_request: () => {
      vm.countHostCall()
      return continued(StreamType.REQUEST)
    },
    proxy_continue_response: () => {
      vm.countHostCall()
      return continued(StreamType.RESPONSE)
    },
    proxy_clear_route_cache: () => {
      vm.countHostCall()
      vm.context?.clearRouteCache()
      return Result.OK
    },
  }
}

function isStreamType(type: number): type is StreamType {
  return type >>> 0 <= STREAM_TYPE_MAX
}
