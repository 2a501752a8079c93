import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

export interface ProcessCost {
  readonly service: string
  readonly rssMb: number
  /** Share of one core, in percent. */
  readonly cpuPercent: number
}

const ticksPerSecond = 100

/** Memory now, and processor time over `seconds`, of each process. Linux only. */
export async function processCost(
  processes: readonly { service: string; pid: number }[],
  seconds: number,
): Promise<ProcessCost[]> {
  const before = processes.map(({ pid }) => cpuTicks(pid))
  await wait(seconds * 1_000)
  return processes.map(({ service, pid }, index) => ({
    service,
    rssMb: Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024,
    cpuPercent: ((cpuTicks(pid) - (before[index] ?? 0)) / ticksPerSecond / seconds) * 100,
  }))
}

/** User and system time of a process, in clock ticks (proc(5), fields 14 and 15 of stat). */
function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

/** From here on the process' peak is counted anew (proc(5), clear_refs). Linux only. */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** The most memory that one of the processes had since then. */
export function peakMb(pids: readonly number[]): number {
  return Math.max(
    ...pids.map((pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024),
  )
}
