import type { Progress } from './identity-provider.ts'
import type { SimulationReport } from './simulate.ts'

/** One line of progress: `Users  [########----] 120/200`. */
export function progressLine({ phase, done, total }: Progress, width = 30): string {
  const filled = total === 0 ? width : Math.round((done / total) * width)
  return `${phase.padEnd(18)} [${'#'.repeat(filled)}${'-'.repeat(width - filled)}] ${done}/${total}`
}

/** The report at the end, as text for a person. */
export function reportText(report: SimulationReport): string {
  const rows = Object.entries(report.operations).map(([operation, summary]) => [
    operation,
    String(summary.count),
    String(summary.failed),
    summary.perSecond.toFixed(0),
    summary.p50Ms.toFixed(1),
    summary.p95Ms.toFixed(1),
    summary.p99Ms.toFixed(1),
  ])
  const table = columns([['operation', 'count', 'failed', 'per s', 'p50 ms', 'p95 ms', 'p99 ms'], ...rows])
  const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
  const cycles = columns([
    ['requests', ...methods],
    ...report.cycles.map(({ name, requests }) => [name, ...methods.map((method) => String(requests[method] ?? 0))]),
  ])
  const failures = report.failures
    .slice(0, 10)
    .map(
      (failure) => `  ${failure.operation}: ${failure.method} ${failure.path} -> ${failure.status} ${failure.detail}`,
    )
  const differences = report.differences
    .slice(0, 10)
    .map(
      ({ id, attribute, sent, read }) =>
        `  ${id} ${attribute}: sent ${JSON.stringify(sent)}, read ${JSON.stringify(read)}`,
    )
  return [
    table,
    '',
    cycles,
    '',
    `${report.requests} requests in ${report.seconds.toFixed(1)} s, ${report.failures.length} failures`,
    ...failures,
    `${report.compared} resources read back, ${report.differences.length} differences from what was sent`,
    ...differences,
    `${report.repeatedWrites} writes in the third cycle, before which nothing changed`,
    '',
  ].join('\n')
}

/** Lays rows out in columns: the first to the left, numbers to the right. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
  return rows.map((row) => line(row).trimEnd()).join('\n')
}
