import { expect } from 'vitest'
import type { Body, TestInstance } from '../harness/instance.ts'
import { entraUser } from '../harness/instance.ts'

/** A row whose value says which version of the set a user was mapped by. */
export const inCapitals = { id: 'nick', source: { expression: 'user.title.upperAscii()' }, target: 'nickname' }

/** So many users, made side by side; the titles are their own. */
export async function provisioned(instance: TestInstance, count: number): Promise<string[]> {
  const ids: string[] = []
  let next = 0
  const work = async () => {
    for (let n = next++; n < count; n = next++) {
      const user = entraUser(instance.unique(`user${n}@harbour.test`), { title: `Engineer ${n}` })
      const created = await instance.scim('POST', '/Users', user)
      if (created.status !== 201) throw new Error(`user ${n}: ${created.status}`)
      ids.push(created.body.id)
    }
  }
  await Promise.all(Array.from({ length: 32 }, work))
  return ids
}

/** All of them as the admin API shows them, with what the IdP sent. */
export async function everyone(instance: TestInstance, ids: readonly string[]): Promise<Body[]> {
  const users: Body[] = []
  for (let at = 0; at < ids.length; at += 32) {
    const part = ids.slice(at, at + 32).map((id) => instance.admin('GET', `/users/${id}?include=scim`))
    users.push(...(await Promise.all(part)).map(({ body }) => body))
  }
  return users
}

/** Each is mapped by the row in capitals, of that version of the set. */
export function expectNewest(users: readonly Body[], version: number): void {
  expect(users.filter(({ fields, scim }) => fields.nickname !== scim.title.toUpperCase())).toEqual([])
  expect(users.filter(({ fieldSources }) => fieldSources.nickname.setVersion !== version)).toEqual([])
}
