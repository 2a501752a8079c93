import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Case, Step, StepRequest } from './corpus.ts'
import { type Answer, type Tenant, wireRequest } from './exchange.ts'
import { valueAt } from './json-path.ts'
import { faultsOf, isStatus } from './judgement.ts'
import { readBack, type SendOptions, send } from './send.ts'
import { fill, type Variables, variables } from './variables.ts'

/** What the cases run against. */
export interface Target extends SendOptions {
  readonly tenants: readonly [Tenant, Tenant?]
  /** Every `maxMs` times this, for a slow or a disturbed machine. */
  readonly maxMsFactor?: number
}

export interface Outcome {
  /** Readable: the step, what was sent, what came back, and each check that failed. */
  readonly failure: string | undefined
  /** Answers that were right but for their media type, as `application/json on 200`. */
  readonly warnings: ReadonlySet<string>
  /** Requests that were sent again. */
  readonly repeated: number
}

/** Makes `${u}` unique among the runs and the processes that use one system. */
const run = Date.now().toString(36) + randomBytes(3).toString('hex')
let casesRun = 0

/** Whether a case can run there at all: some need two instances. */
export function isRunnable({ needs }: Case, { tenants }: Target): boolean {
  return !needs?.includes('tenant2') || tenants[1] !== undefined
}

/** Runs a case: setup, request, then, and whatever happened, cleanup. What it created is deleted, wanted or not. */
export async function runCase(one: Case, target: Target): Promise<Outcome> {
  const first = await attempt(one, target)
  // The lost attempt of a Bulk job that was repeated may have worked: nobody can tell, so the case runs anew.
  return first.failure !== undefined && first.bulkRepeated ? attempt(one, target) : first
}

async function attempt(one: Case, target: Target): Promise<Outcome & { bulkRepeated: boolean }> {
  const running = new RunningCase(target)
  const steps: [where: string, step: Step][] = [
    ...one.setup.map((step, n): [string, Step] => [`setup ${n + 1}`, step]),
    ['request', one],
    ...one.then.map((step, n): [string, Step] => [`then ${n + 1}`, step]),
  ]
  let failure: string | undefined
  let at = 'vars'
  try {
    running.bind(one.vars ?? {})
    for (const [where, step] of steps) {
      at = where
      await running.step(step)
    }
  } catch (err) {
    failure = `${at}: ${(err as Error).message}`
  }
  await running.cleanUp(one.cleanup)
  return { failure, ...running.seen }
}

class RunningCase {
  readonly seen = { warnings: new Set<string>(), repeated: 0, bulkRepeated: false }
  readonly #target: Target
  readonly #bound: Variables
  /** What is to be deleted at the end, by tenant and path. */
  readonly #created = new Map<string, StepRequest>()

  constructor(target: Target) {
    const [first, second] = target.tenants
    this.#target = target
    const n = ++casesRun
    this.#bound = variables({
      run,
      n,
      u: `${run}-${n}`,
      uuid: randomUUID(),
      uuid2: randomUUID(),
      base: first.url,
      token: first.token,
      base2: second?.url ?? '',
      now: new Date().toISOString(),
    })
  }

  bind(vars: Variables): void {
    for (const [name, value] of Object.entries(vars)) this.#bound[name] = fill(value, this.#bound)
  }

  /** @throws saying what is wrong with which answer */
  async step(step: Step): Promise<void> {
    if (step.wait) await wait(step.wait)
    const { request, expect } = step
    if (!request) return
    const items = step.forEach
      ? ((this.#bound[step.forEach] ?? []) as unknown[])
      : Array.from({ length: step.repeat ?? 1 })
    for (const [i, item] of items.entries()) {
      if (step.while && i > 0 && this.#bound[step.while] === undefined) break
      const bound = variables(this.#bound, { i, item: item ?? i })
      // Only if this answer binds it again does the walk go on.
      if (step.while) delete this.#bound[step.while]
      const answers = await Promise.all(Array.from({ length: step.parallel ?? 1 }, () => this.#ask(step, bound)))
      const answer = answers.find(({ status }) => status >= 200 && status < 300) ?? answers[0]
      if (!answer) return
      const faults = [
        ...countFaults(step, answers),
        ...(step.statusCounts && !expect ? [] : faultsOf(answer, expect ?? {}, bound, this.#target.maxMsFactor)),
      ]
      if (faults.length > 0) throw new Error(report(answer, faults))
      this.#keep(step, answer)
    }
  }

  async cleanUp(steps: readonly Step[]): Promise<void> {
    // What was never made cannot be cleaned away, and a variable that was never captured not be filled in.
    for (const step of steps) await this.step({ ...step, expect: { status: 'xxx' } }).catch(() => undefined)
    for (const request of [...this.#created.values()].reverse()) await this.#send(request, this.#bound)
  }

  async #ask(step: Step, bound: Variables): Promise<Answer> {
    const request = step.request as StepRequest
    const sent = await this.#send(request, bound, step.expect?.allowReset)
    const isRight = step.expect?.status === undefined || isStatus(step.expect.status, sent.status)
    const answer =
      step.statusCounts || sent.repeats === 0 || isRight
        ? sent
        : await readBack(request, sent, (look) => this.#send({ ...look, tenant: request.tenant }, bound))
    this.#remember(request, answer)
    return answer
  }

  async #send(request: StepRequest, bound: Variables, mayBreak = false): Promise<Answer> {
    const tenant = this.#target.tenants[(request.tenant ?? 1) - 1]
    if (!tenant) throw new Error('this case needs a second instance')
    const answer = await send(wireRequest(request, tenant, bound), this.#target, mayBreak)
    this.seen.repeated += answer.repeats
    this.seen.bulkRepeated ||= answer.repeats > 0 && request.path.startsWith('/Bulk')
    const mediaType = answer.headers['content-type'] ?? 'no content-type'
    if (answer.text && !/^application\/scim\+json/i.test(mediaType)) {
      this.seen.warnings.add(`${mediaType} on ${answer.status}`)
    }
    return answer
  }

  #remember(request: StepRequest, { request: { path }, status, json }: Answer): void {
    const { tenant, method } = request
    const id = valueAt(json, '$.id')
    if (method === 'POST' && status === 201 && typeof id === 'string' && /^\/(Users|Groups)\/?(\?|$)/.test(path)) {
      const created = `/${path.split(/[/?]/)[1]}/${encodeURIComponent(id)}`
      this.#created.set(`${tenant ?? 1} ${created}`, { tenant, method: 'DELETE', path: created.replaceAll('$', '%24') })
    }
    if (method === 'DELETE' && status === 204) this.#created.delete(`${tenant ?? 1} ${path}`)
  }

  #keep({ capture = {}, collect = {} }: Step, answer: Answer): void {
    for (const [name, from] of Object.entries(capture)) {
      const [place = '', pattern] = from.split(' =~ ')
      const whole = place.startsWith('header:')
        ? answer.headers[place.slice('header:'.length).toLowerCase()]
        : valueAt(answer.json, place)
      const value = pattern === undefined ? whole : new RegExp(pattern).exec(String(whole))?.[1]
      if (value !== undefined) this.#bound[name] = value
    }
    for (const [name, path] of Object.entries(collect)) {
      const value = valueAt(answer.json, path)
      if (value !== undefined) this.#bound[name] = [...((this.#bound[name] ?? []) as unknown[]), value].flat()
    }
  }
}

function countFaults({ statusCounts, request }: Step, answers: readonly Answer[]): string[] {
  // A repeat hides which of the attempts took effect.
  if (!statusCounts || answers.some(({ repeats }) => repeats > 0)) return []
  const statuses = answers.map(({ status }) => status)
  return Object.entries(statusCounts).flatMap(([wanted, count]) => {
    const found = statuses.filter((status) => isStatus(wanted, status)).length
    return found === count
      ? []
      : [
          `${count} of ${answers.length} parallel ${request?.method} must be ${wanted}: the statuses are ${statuses.join(', ')}`,
        ]
  })
}

function report({ request, status, text, ms, repeats }: Answer, faults: readonly string[]): string {
  const sent = request.body?.toString('utf8')
  return [
    ...faults,
    `  sent: ${request.method} ${request.path.slice(0, 500)}${repeats > 0 ? `, repeated ${repeats} times` : ''}`,
    ...(sent === undefined ? [] : [`        ${sent.slice(0, 2_000)}`]),
    `  answered: ${status} in ${ms} ms`,
    ...(text === '' ? [] : [`        ${text.slice(0, 2_000)}`]),
  ].join('\n')
}
