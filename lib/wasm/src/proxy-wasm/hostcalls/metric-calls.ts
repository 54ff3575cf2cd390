import { MetricType, Result } from '../abi.ts'
import type { Metric } from '../filter-host.ts'
import type { FilterVm } from '../filter-vm.ts'
import type { HostCalls } from './imports.ts'

/** The type of a metric is in the lowest bits of its number, as in the C++ host. */
const TYPE_MASK = 3
const ID_STEP = 4

/** Counters, gauges and histograms. */
export function metricCalls(vm: FilterVm): HostCalls {
  const metrics = new Map<number, Metric>()
  const lastIds: [number, number, number] = [MetricType.COUNTER, MetricType.GAUGE, MetricType.HISTOGRAM]
  return {
    proxy_define_metric: (type: number, namePointer: number, nameSize: number, idPointer: number) => {
      vm.countHostCall()
      const name = vm.memory.latin1(namePointer, nameSize)
      if (name === undefined || !vm.memory.has(idPointer, 4)) return Result.INVALID_MEMORY_ACCESS
      if (!isMetricType(type)) return Result.BAD_ARGUMENT
      const metric =
        metrics.size < vm.options.limits.metricsMax ? vm.host.metrics.define(type, name) : undefined
      if (metric === undefined) {
        vm.refused.metrics++
        return Result.INTERNAL_FAILURE
      }
      lastIds[type] += ID_STEP
      metrics.set(lastIds[type], metric)
      return vm.memory.setU32(idPointer, lastIds[type]) ? Result.OK : Result.INVALID_MEMORY_ACCESS
    },
    proxy_increment_metric: (id: number, offset: bigint) => {
      vm.countHostCall()
      const type = (id >>> 0) & TYPE_MASK
      if (type !== MetricType.COUNTER && type !== MetricType.GAUGE) return Result.BAD_ARGUMENT
      const metric = metrics.get(id >>> 0)
      if (metric === undefined) return Result.NOT_FOUND
      return metric.add(offset) ? Result.OK : Result.BAD_ARGUMENT
    },
    proxy_record_metric: (id: number, value: bigint) => {
      vm.countHostCall()
      const metric = metrics.get(id >>> 0)
      if (metric === undefined) return Result.NOT_FOUND
      metric.record(BigInt.asUintN(64, value))
      return Result.OK
    },
    proxy_get_metric: (id: number, valuePointer: number) => {
      vm.countHostCall()
      const type = (id >>> 0) & TYPE_MASK
      if (type !== MetricType.COUNTER && type !== MetricType.GAUGE) return Result.BAD_ARGUMENT
      const value = metrics.get(id >>> 0)?.value
      if (value === undefined) return Result.NOT_FOUND
      return vm.memory.setU64(valuePointer, value) ? Result.OK : Result.INVALID_MEMORY_ACCESS
    },
  }
}

function isMetricType(type: number): type is MetricType {
  return type >>> 0 <= MetricType.HISTOGRAM
}
