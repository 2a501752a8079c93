/** JSON values are equal when they are the same but for the order of keys. */
function isSame(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b)
}

function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  (typeof value === 'object' && Object.values(value).every(isEmpty))

const sameText = (a: unknown, b: unknown) => String(a).toLowerCase() === String(b).toLowerCase()
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const has = (found: unknown[], wanted: unknown) => found.some((one) => isSame(one, wanted))
const contains = (found: unknown, wanted: unknown) =>
  typeof found === 'string' ? found.includes(String(wanted)) : has(list(found), wanted)

function isOfType(found: unknown, wanted: unknown): boolean {
  if (Array.isArray(found)) return wanted === 'array'
  if (found === null) return wanted === 'null'
  return wanted === 'integer' ? Number.isInteger(found) : typeof found === wanted
}

/** What a check can ask of the value that it found; undefined is "not there". */
export const operators = {
  eq: isSame,
  ne: (found, wanted) => !isSame(found, wanted),
  ieq: sameText,
  exists: (found) => found !== undefined && found !== null,
  absent: (found) => found === undefined,
  absentOrEmpty: isEmpty,
  notEmpty: (found) => !isEmpty(found),
  type: isOfType,
  contains,
  icontains: (found, wanted) =>
    typeof found === 'string'
      ? found.toLowerCase().includes(String(wanted).toLowerCase())
      : list(found).some((one) => sameText(one, wanted)),
  notContains: (found, wanted) => !contains(found, wanted),
  sameSet: (found, wanted) =>
    Array.isArray(found) && found.length === list(wanted).length && list(wanted).every((one) => has(found, one)),
  superset: (found, wanted) => Array.isArray(found) && list(wanted).every((one) => has(found, one)),
  distinct: (found) => Array.isArray(found) && new Set(found.map(canonical)).size === found.length,
  in: (found, wanted) => has(list(wanted), found),
  matches: (found, wanted) => typeof found === 'string' && new RegExp(String(wanted)).test(found),
  length: (found, wanted) => (typeof found === 'string' || Array.isArray(found) ? found.length : 0) === wanted,
  gte: (found, wanted) => typeof found === typeof wanted && (found as number) >= (wanted as number),
  lte: (found, wanted) => typeof found === typeof wanted && (found as number) <= (wanted as number),
} satisfies Record<string, (found: unknown, wanted: unknown) => boolean>

export type Operator = keyof typeof operators
