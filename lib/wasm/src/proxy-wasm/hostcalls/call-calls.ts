import { Result } from '../abi.ts'
import type { Begun } from '../filter-host.ts'
import type { FilterVm } from '../filter-vm.ts'
import { HeaderMap } from '../header-map.ts'
import { readPairs } from '../pairs.ts'
import { lowered } from '../vm-memory.ts'
import type { HostCalls } from './imports.ts'

/** Calls to others over HTTP and gRPC. They belong to the plugin, whichever stream asked for them. */
export function callCalls(vm: FilterVm): HostCalls {
  const answered = (begun: Begun<number> | undefined, tokenPointer: number): Result => {
    if (begun === undefined) return Result.INTERNAL_FAILURE
    if ('result' in begun) return begun.result
    return vm.memory.setU32(tokenPointer, begun.call) ? Result.OK : Result.INVALID_MEMORY_ACCESS
  }
  const pairsAt = (pointer: number, size: number): HeaderMap | undefined => {
    const bytes = vm.memory.slice(pointer, size)
    return bytes === undefined ? undefined : (readPairs(bytes, lowered) ?? new HeaderMap())
  }
  const bytesAt = (pointer: number, size: number): Uint8Array | undefined => {
    const bytes = vm.memory.slice(pointer, size)
    return bytes === undefined ? undefined : Buffer.from(bytes)
  }
  return {
    proxy_http_call: (
      upstreamPointer: number,
      upstreamSize: number,
      headersPointer: number,
      headersSize: number,
      bodyPointer: number,
      bodySize: number,
      trailersPointer: number,
      trailersSize: number,
      timeoutMs: number,
      tokenPointer: number,
    ) => {
      vm.countHostCall()
      const upstream = vm.memory.latin1(upstreamPointer, upstreamSize)
      const headers = pairsAt(headersPointer, headersSize)
      const body = bytesAt(bodyPointer, bodySize)
      const trailers = pairsAt(trailersPointer, trailersSize)
      const isValid = upstream !== undefined && headers !== undefined && body !== undefined
      if (!isValid || trailers === undefined || !vm.memory.setU32(tokenPointer, 0))
        return Result.INVALID_MEMORY_ACCESS
      if (timeoutMs < 0) return Result.BAD_ARGUMENT
      return answered(
        vm.context?.root?.httpCall({ upstream, headers, body, trailers, timeoutMs }),
        tokenPointer,
      )
    },
    proxy_grpc_call: (
      upstreamPointer: number,
      upstreamSize: number,
      servicePointer: number,
      serviceSize: number,
      methodPointer: number,
      methodSize: number,
      metadataPointer: number,
      metadataSize: number,
      messagePointer: number,
      messageSize: number,
      timeoutMs: number,
      tokenPointer: number,
    ) => {
      vm.countHostCall()
      const upstream = bytesAt(upstreamPointer, upstreamSize)
      const service = vm.memory.latin1(servicePointer, serviceSize)
      const method = vm.memory.latin1(methodPointer, methodSize)
      const metadata = pairsAt(metadataPointer, metadataSize)
      const message = bytesAt(messagePointer, messageSize)
      const isValid = upstream !== undefined && service !== undefined && method !== undefined
      if (!isValid || metadata === undefined || message === undefined || !vm.memory.has(tokenPointer, 4))
        return Result.INVALID_MEMORY_ACCESS
      const request = { upstream, service, method, metadata }
      return answered(vm.context?.root?.grpc(request, message, timeoutMs >>> 0), tokenPointer)
    },
    proxy_grpc_stream: (
      upstreamPointer: number,
      upstreamSize: number,
      servicePointer: number,
      serviceSize: number,
      methodPointer: number,
      methodSize: number,
      metadataPointer: number,
      metadataSize: number,
      tokenPointer: number,
    ) => {
      vm.countHostCall()
      const upstream = bytesAt(upstreamPointer, upstreamSize)
      const service = vm.memory.latin1(servicePointer, serviceSize)
      const method = vm.memory.latin1(methodPointer, methodSize)
      const metadata = pairsAt(metadataPointer, metadataSize)
      const isValid = upstream !== undefined && service !== undefined && method !== undefined
      if (!isValid || metadata === undefined || !vm.memory.has(tokenPointer, 4))
        return Result.INVALID_MEMORY_ACCESS
      return answered(
        vm.context?.root?.grpc({ upstream, service, method, metadata }, undefined, 0),
        tokenPointer,
      )
    },
    proxy_grpc_send: (token: number, messagePointer: number, messageSize: number, isEnd: number) => {
      vm.countHostCall()
      const message = bytesAt(messagePointer, messageSize)
      if (message === undefined) return Result.INVALID_MEMORY_ACCESS
      return vm.context?.root?.grpcSend(token >>> 0, message, isEnd !== 0) ?? Result.NOT_FOUND
    },
    proxy_grpc_cancel: (token: number) => {
      vm.countHostCall()
      return vm.context?.root?.grpcCancel(token >>> 0) ?? Result.NOT_FOUND
    },
    proxy_grpc_close: (token: number) => {
      vm.countHostCall()
      return vm.context?.root?.grpcClose(token >>> 0) ?? Result.NOT_FOUND
    },
  }
}
