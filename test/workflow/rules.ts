import { randomUUID } from 'node:crypto'
import type { Answer, Body, TestInstance } from '../harness/instance.ts'

/** What was asked for, or an error that says what came instead. */
export function body(answer: Answer, status = 200): Body {
  if (answer.status !== status) throw new Error(`${answer.status} instead of ${status}: ${JSON.stringify(answer.body)}`)
  return answer.body
}

/** Adds a workflow rule. */
export async function addRule(instance: TestInstance, rule: Record<string, unknown>): Promise<Body> {
  return body(await instance.admin('POST', '/workflow-rules', rule), 201)
}

export async function addObject(instance: TestInstance, type: string, name: string, code?: string): Promise<Body> {
  return body(await instance.admin('POST', '/objects', { type, name, ...(code ? { code } : {}) }), 201)
}

/** Native users with these fields, in the order given. */
export function addUsers(instance: TestInstance, fields: readonly Record<string, string>[]): Promise<Body[]> {
  return Promise.all(
    fields.map(async (each) =>
      body(
        await instance.admin('POST', '/users', {
          userName: instance.unique(`${randomUUID()}@harbour.test`),
          fields: each,
        }),
        201,
      ),
    ),
  )
}

/** The names of what a user is linked to, by object type. */
export async function linksOf(instance: TestInstance, userId: string): Promise<Record<string, string[]>> {
  const user = body(await instance.admin('GET', `/users/${userId}`))
  const byType = Object.groupBy(user.links as { objectType: string; objectName: string }[], (link) => link.objectType)
  return Object.fromEntries(
    Object.entries(byType).map(([type, links = []]) => [type, links.map(({ objectName }) => objectName).toSorted()]),
  )
}

/** What the history has of rules that did not go as told, by code. */
export async function ruleEntries(instance: TestInstance, person: string): Promise<Body[]> {
  const history = body(await instance.admin('GET', `/change-history?person=${person}&limit=200`)).items
  return history.filter((entry: Body) => entry.kind === 'rule')
}
