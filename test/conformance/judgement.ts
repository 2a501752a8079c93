import type { Check, Expectation, Status } from './corpus.ts'
import type { Answer } from './exchange.ts'
import { valueAt } from './json-path.ts'
import { operators } from './operators.ts'
import { fill, fillText, type Variables } from './variables.ts'

/** What a client must never see: where our code runs, or what a driver said. */
const innards =
  /(?:\n|\\n)\s+at [\w.<>[\] ]+ \(?[^\n]*:\d+:\d+|Traceback \(most recent call last\)|MongoServerError|MongoError|node_modules\/|\bE11000\b/

/** Whether a status is one of those wanted: a number, a pattern (`2xx`, `40[04]`), or any of a list. */
export function isStatus(wanted: Status, status: number): boolean {
  if (Array.isArray(wanted)) return wanted.some((one) => isStatus(one, status))
  return new RegExp(`^(?:${String(wanted).replaceAll('x', '\\d')})$`).test(String(status))
}

/** What is wrong with an answer, a sentence each; nothing when it is as expected. */
export function faultsOf(answer: Answer, expect: Expectation, bound: Variables, maxMsFactor = 1): string[] {
  if (answer.status === 0) return expect.allowReset ? [] : [`there was no answer: ${answer.error}`]
  if (expect.status === undefined ? answer.status >= 500 : !isStatus(expect.status, answer.status)) {
    return [`the status is ${answer.status}, not ${[expect.status ?? 'below 500'].flat().join(' or ')}`]
  }
  const faults: string[] = []
  if (answer.status === 429 && !/^\d+$/.test(answer.headers['retry-after'] ?? '')) {
    faults.push('429 comes without a Retry-After in seconds')
  }
  if (answer.status >= 400 && innards.test(answer.text)) faults.push('the answer shows a stack or the text of a driver')
  const limitMs = (expect.maxMs ?? Number.POSITIVE_INFINITY) * maxMsFactor
  if (answer.ms > limitMs) faults.push(`it took ${answer.ms} ms, and ${limitMs} ms are allowed`)
  const checks = (expect.checks ?? []).filter(({ when }) => when === undefined || isStatus(when, answer.status))
  return [...faults, ...checks.flatMap((check) => faultsOfCheck(check, answer, bound))]
}

function faultsOfCheck({ path, header, text, var: variable, op, value }: Check, answer: Answer, bound: Variables) {
  const wanted = fill(value, bound)
  const [label, found] =
    header !== undefined
      ? [`header ${header}`, answer.headers[header.toLowerCase()]]
      : text
        ? ['the text', answer.text]
        : variable !== undefined
          ? [variable, bound[variable]]
          : inJson(fillText(path ?? '$', bound), answer)
  if (operators[op](found, wanted)) return []
  return [`${label} ${op}${wanted === undefined ? '' : ` ${short(wanted)}`}: it is ${short(found)}`]
}

function inJson(path: string, { json }: Answer): [label: string, found: unknown] {
  return json === undefined ? [`${path} (of an answer without a JSON body)`, undefined] : [path, valueAt(json, path)]
}

/** A value as JSON, cut to what fits on a line. */
function short(value: unknown, length = 200): string {
  const json = value === undefined ? 'absent' : JSON.stringify(value)
  return json.length > length ? `${json.slice(0, length)}... (${json.length} characters)` : json
}
