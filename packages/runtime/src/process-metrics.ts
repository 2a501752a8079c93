import { monitorEventLoopDelay } from 'node:perf_hooks'
import { observedCounter, observedGauge } from './telemetry.ts'

const resolutionMs = 100

/** Registers what every process tells about itself: CPU, memory, event loop delay, start. Once a process. */
export function registerProcessMetrics(): void {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  observedCounter('process.cpu', { description: 'CPU time used, user and system.', unit: 's' }, () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
  observedGauge('process.resident_memory', { description: 'Resident memory (RSS).', unit: 'By' }, () =>
    process.memoryUsage.rss(),
  )
  observedGauge(
    'process.heap_used',
    { description: 'JavaScript heap in use.', unit: 'By' },
    () => process.memoryUsage().heapUsed,
  )
  observedGauge('process.start_time', { description: 'When the process began, since 1970.', unit: 's' }, () =>
    Math.round(Date.now() / 1000 - process.uptime()),
  )
  observedGauge(
    'process.event_loop_delay',
    { description: 'Event loop delay since the last reading.', unit: 's' },
    () => {
      const readings = [
        { value: seconds(delay.percentile(50)), labels: { quantile: '0.5' } },
        { value: seconds(delay.percentile(99)), labels: { quantile: '0.99' } },
        { value: seconds(delay.max), labels: { quantile: '1' } },
      ]
      delay.reset()
      return readings
    },
  )
}

/** Node measures from one tick of its timer to the next, so that an idle loop shows the resolution: only what is above it is delay. */
function seconds(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - resolutionMs / 1000) : 0
}
