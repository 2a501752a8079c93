/** A point in time to the last digit that was written: clients compare with fractions finer than a Date's milliseconds. */
export interface Instant {
  /** Milliseconds since 1970, rounded down. */
  readonly ms: number
  /** The fraction's digits behind the milliseconds, without zeros at the end. */
  readonly rest: string
}

const dateTime = /^(\d{4}-\d\d-(\d\d))T\d\d:\d\d:\d\d(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?$/i

/**
 * Reads a date and time (RFC 7643 section 2.3.5, an xsd:dateTime) of the years 0 to 9999; without a zone it is UTC.
 * Undefined: it is none, such as 30 February.
 */
export function instantOf(text: string): Instant | undefined {
  const match = dateTime.exec(text)
  if (match === null) return undefined
  const [, date = '', day, fraction = '', zone] = match
  if (new Date(date).getUTCDate() !== Number(day)) return undefined
  const ms = Date.parse(zone === undefined ? `${text}Z` : text)
  return Number.isNaN(ms) ? undefined : { ms, rest: fraction.slice(3).replace(/0+$/, '') }
}

/** Below zero: `one` is earlier. */
export function compareInstants(one: Instant, two: Instant): number {
  if (one.ms !== two.ms) return one.ms - two.ms
  if (one.rest === two.rest) return 0
  return one.rest < two.rest ? -1 : 1
}
