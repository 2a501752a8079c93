import { metrics as openTelemetry } from '@opentelemetry/api'

/** Label values must be few: never a user, seldom an instance. */
export type Labels = Readonly<Record<string, string | number>>
export type Unit = 's' | 'ms' | 'By' | '1'

export interface MetricOptions {
  readonly description: string
  readonly unit?: Unit
}
export interface Counter {
  add(value?: number, labels?: Labels): void
}
export interface Gauge {
  set(value: number, labels?: Labels): void
}
export interface Histogram {
  record(value: number, labels?: Labels): void
}
/** One value of a metric that is read when it is asked for. */
export interface Reading {
  readonly value: number
  readonly labels?: Labels
}

interface Metric {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly description: string
  lines(): Iterable<string> | Promise<Iterable<string>>
}

const registered = new Map<string, Metric>()
const meter = () => openTelemetry.getMeter('user-provisioning')

/**
 * A number that only grows: `counter('identity.commands', ...)` is `identity_commands_total` on /metrics. It goes to
 * OpenTelemetry as well, where an SDK is set up.
 * @throws Error when the name is taken
 */
export function counter(name: string, options: MetricOptions): Counter {
  const exposed = `${exposedName(name, options.unit)}_total`
  const series = new Map<string, number>()
  const forwarded = meter().createCounter(name, options)
  register({
    name: exposed,
    type: 'counter',
    description: options.description,
    lines: () =>
      series.size === 0 ? [`${exposed} 0`] : [...series].map(([labels, value]) => `${exposed}${labels} ${value}`),
  })
  return {
    add(value = 1, labels) {
      const key = labelText(labels)
      series.set(key, (series.get(key) ?? 0) + value)
      forwarded.add(value, labels)
    },
  }
}

/** A number that goes up and down. */
export function gauge(name: string, options: MetricOptions): Gauge {
  const exposed = exposedName(name, options.unit)
  const series = new Map<string, number>()
  const forwarded = meter().createGauge(name, options)
  register({
    name: exposed,
    type: 'gauge',
    description: options.description,
    lines: () => [...series].map(([labels, value]) => `${exposed}${labels} ${value}`),
  })
  return {
    set(value, labels) {
      series.set(labelText(labels), value)
      forwarded.record(value, labels)
    },
  }
}

/** A number that is read when somebody asks: a queue's length, a lag. `read` may fail; the metric is then left out once. */
export function observedGauge(
  name: string,
  options: MetricOptions,
  read: () => number | readonly Reading[] | Promise<number | readonly Reading[]>,
): void {
  observed(name, exposedName(name, options.unit), 'gauge', options, read)
}

/** A growing number that somebody else keeps, such as CPU seconds. */
export function observedCounter(name: string, options: MetricOptions, read: () => number | readonly Reading[]): void {
  observed(name, `${exposedName(name, options.unit)}_total`, 'counter', options, read)
}

function observed(
  name: string,
  exposed: string,
  type: 'counter' | 'gauge',
  options: MetricOptions,
  read: () => number | readonly Reading[] | Promise<number | readonly Reading[]>,
): void {
  const readings = async (): Promise<readonly Reading[]> => {
    try {
      const value = await read()
      return typeof value === 'number' ? [{ value }] : value
    } catch {
      return []
    }
  }
  register({
    name: exposed,
    type,
    description: options.description,
    lines: async () => (await readings()).map(({ value, labels }) => `${exposed}${labelText(labels)} ${value}`),
  })
  const forwarded =
    type === 'gauge' ? meter().createObservableGauge(name, options) : meter().createObservableCounter(name, options)
  forwarded.addCallback(async (result) => {
    for (const { value, labels } of await readings()) result.observe(value, labels)
  })
}

/** Bucket bounds of durations in ms: from a cached lookup to a deadline. */
export const durationBoundsMs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000] as const

/** How a number is distributed, in buckets; `bounds` are upper bounds, ascending. */
export function histogram(name: string, options: MetricOptions & { readonly bounds?: readonly number[] }): Histogram {
  const exposed = exposedName(name, options.unit)
  const bounds = options.bounds ?? durationBoundsMs
  const series = new Map<string, { counts: number[]; sum: number; count: number }>()
  const forwarded = meter().createHistogram(name, {
    description: options.description,
    ...(options.unit === undefined ? {} : { unit: options.unit }),
    advice: { explicitBucketBoundaries: [...bounds] },
  })
  register({
    name: exposed,
    type: 'histogram',
    description: options.description,
    *lines() {
      for (const [labels, { counts, sum, count }] of series) {
        let below = 0
        for (const [index, bound] of bounds.entries()) {
          below += counts[index] ?? 0
          yield `${exposed}_bucket${withLabel(labels, 'le', String(bound))} ${below}`
        }
        yield `${exposed}_bucket${withLabel(labels, 'le', '+Inf')} ${count}`
        yield `${exposed}_sum${labels} ${sum}`
        yield `${exposed}_count${labels} ${count}`
      }
    },
  })
  return {
    record(value, labels) {
      const key = labelText(labels)
      let entry = series.get(key)
      if (entry === undefined) {
        entry = { counts: new Array<number>(bounds.length).fill(0), sum: 0, count: 0 }
        series.set(key, entry)
      }
      const index = bounds.findIndex((bound) => value <= bound)
      if (index >= 0) entry.counts[index] = (entry.counts[index] ?? 0) + 1
      entry.sum += value
      entry.count++
      forwarded.record(value, labels)
    },
  }
}

/** Everything registered in this process, in Prometheus' text format (version 0.0.4). */
export async function metricsText(): Promise<string> {
  const parts: string[] = []
  for (const metric of registered.values()) {
    const lines = [...(await metric.lines())]
    if (lines.length === 0) continue
    parts.push(`# HELP ${metric.name} ${metric.description.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}`)
    parts.push(`# TYPE ${metric.name} ${metric.type}`, ...lines)
  }
  return `${parts.join('\n')}\n`
}

function register(metric: Metric): void {
  if (registered.has(metric.name)) throw new Error(`The metric ${metric.name} is declared twice`)
  registered.set(metric.name, metric)
}

const unitNames: Readonly<Record<Unit, string>> = { s: '_seconds', ms: '_milliseconds', By: '_bytes', '1': '' }

function exposedName(name: string, unit: Unit = '1'): string {
  return `${name.replace(/[^A-Za-z0-9_]/g, '_')}${unitNames[unit]}`
}

function labelText(labels: Labels | undefined): string {
  if (labels === undefined) return ''
  const names = Object.keys(labels)
  if (names.length === 0) return ''
  return `{${names
    .sort()
    .map((name) => `${name}="${escapeLabel(String(labels[name]))}"`)
    .join(',')}}`
}

function withLabel(text: string, name: string, value: string): string {
  return text === '' ? `{${name}="${value}"}` : `${text.slice(0, -1)},${name}="${value}"}`
}

function escapeLabel(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')
}
