import { enterpriseUserSchema } from '@user-provisioning/scim/schema'
import { beforeAll, describe, expect, test } from 'vitest'
import { copyUser } from '../harness/copied-users.ts'
import { type Body, entraUser, patch, type TestInstance } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { until } from '../harness/until.ts'

// PRODUCT.md 3.3: a manager outside the synced users is accepted, never set, warned of, and linked when it is provisioned.
const path = `${enterpriseUserSchema}:manager`

let instance: TestInstance
beforeAll(async () => {
  instance = await platform.instance()
})

async function native(name: string): Promise<{ id: string; userName: string }> {
  const { body } = await instance.admin('POST', '/users', { userName: instance.unique(name) })
  return body
}

async function report(name: string, manager: unknown): Promise<string> {
  const user = entraUser(instance.unique(name), { [enterpriseUserSchema]: { manager } })
  const { status, body } = await instance.scim('POST', '/Users', user)
  expect(status).toBe(201)
  return body.id
}

const managerOf = async (id: string): Promise<Body> => (await instance.admin('GET', `/users/${id}`)).body.directManager
const setManager = async (id: string, value: unknown) =>
  expect((await instance.scim('PATCH', `/Users/${id}`, patch({ op: 'Add', path, value }))).status).toBe(200)

async function warnings(id: string): Promise<string[]> {
  await platform.settled()
  const { body } = await instance.admin('GET', `/change-history?person=${id}&limit=200`)
  return body.items.flatMap((item: Body) => (item.path === path ? [item.new?.code] : []))
}

describe('a manager who is a native of the product', () => {
  test('is accepted in every form, never set, and warned of; provisioned 1,000 users later it is linked', async () => {
    const boss = await native('boss@harbour.test')
    const address = `${instance.tenantUrl}/Users/${boss.id}`
    const reports = [
      await report('text@harbour.test', boss.id),
      await report('object@harbour.test', { value: boss.id }),
      await report('address@harbour.test', { $ref: address }),
    ]
    const patched = await report('patched@harbour.test', null)
    await setManager(patched, { $ref: `${address}/` })
    reports.push(patched)
    for (const id of reports) expect(await managerOf(id)).toEqual({ userId: null, pending: boss.id })
    expect(await warnings(patched)).toEqual(['manager-pending'])

    const others = Array.from({ length: 1_000 }, (_, n) => entraUser(instance.unique(`crew${n}@harbour.test`)))
    const create = async (): Promise<void> => {
      for (let user = others.pop(); user !== undefined; user = others.pop()) {
        expect((await instance.scim('POST', '/Users', user)).status).toBe(201)
      }
    }
    await Promise.all(Array.from({ length: 32 }, create))

    const { status, body } = await instance.scim('POST', '/Users', entraUser(boss.userName))
    expect([status, body.id]).toEqual([201, boss.id])
    for (const id of reports) expect(await managerOf(id)).toEqual({ userId: boss.id, pending: null })
  })

  test('is linked to 1,200 reports at once when it is looked up, in commits of 500', async () => {
    const boss = await native('many@harbour.test')
    const first = await report('first@harbour.test', boss.id)
    await platform.settled()
    const copies = await copyUser(platform.connection().stores.mongodbUri, first, 1_200)
    const found = await instance.scim('GET', `/Users?filter=userName eq "${boss.userName}"`)
    expect(found.body.totalResults).toBe(1)
    for (const id of [first, copies[0], copies.at(-1)]) {
      await until('the link', async () => (await managerOf(id as string)).userId === boss.id || undefined)
    }
  })
})

describe('a Direct Manager', () => {
  test('is cleared when told, by either dialect', async () => {
    const boss = await report('boss2@harbour.test', null)
    for (const operation of [
      { op: 'Remove', path },
      { op: 'Replace', path, value: '' },
    ]) {
      const id = await report(`cleared${operation.op}@harbour.test`, boss)
      expect(await managerOf(id)).toEqual({ userId: boss, pending: null })
      await instance.scim('PATCH', `/Users/${id}`, patch(operation))
      expect(await managerOf(id)).toEqual({ userId: null, pending: null })
    }
  })

  test('that is deleted is nobody’s any more; those who report to it wait', async () => {
    const boss = await report('gone@harbour.test', null)
    const id = await report('left@harbour.test', boss)
    expect((await instance.scim('DELETE', `/Users/${boss}`)).status).toBe(204)
    expect(await managerOf(id)).toEqual({ userId: null, pending: boss })
    expect(await warnings(id)).toEqual(['manager-pending'])
  })

  test('who leads back to the user is made all the same, and told in the history', async () => {
    const ada = await report('ada@harbour.test', null)
    const ben = await report('ben@harbour.test', ada)
    const cleo = await report('cleo@harbour.test', ben)
    await setManager(ada, cleo)
    expect(await managerOf(ada)).toEqual({ userId: cleo, pending: null })
    expect(await warnings(ada)).toEqual(['reference-cycle'])
    expect(await warnings(cleo)).toEqual([])
  })
})
