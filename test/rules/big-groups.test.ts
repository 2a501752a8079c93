import { beforeAll, describe, expect, test } from 'vitest'
import { copyUser } from '../harness/copied-users.ts'
import { type Body, entraUser, patch, schemas, type TestInstance } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'

// PRODUCT.md 3.7. `.ci/run` does it with BIG_GROUP=100000; fewer members are for every day.
const size = Number(process.env.BIG_GROUP ?? 5_000)
const connections = 32
const each = 40

let instance: TestInstance
let ids: string[]
let path: string

const values = (of: readonly string[]) => of.map((value) => ({ value }))

beforeAll(async () => {
  instance = await platform.instance()
  const { body } = await instance.scim('POST', '/Users', entraUser(instance.unique('nora@harbour.test')))
  await platform.settled()
  ids = await copyUser(platform.connection().stores.mongodbUri, body.id, size + connections * each)
  const group = await instance.scim('POST', '/Groups', {
    schemas: [schemas.group],
    displayName: instance.unique('Everybody'),
    members: values(ids.slice(0, size)),
  })
  expect(group.status).toBe(201)
  path = `/Groups/${group.body.id}`
}, 300_000)

describe(`a group of ${size} members`, () => {
  test(`is patched from ${connections} connections at once: none is lost, none answers 409 or 5xx`, async () => {
    const model = new Set(ids.slice(0, size))
    const statuses = new Map<number, number>()
    const send = async (op: 'Add' | 'Remove', members: readonly string[]): Promise<void> => {
      const { status } = await instance.scim('PATCH', path, patch({ op, path: 'members', value: values(members) }))
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    // Each connection has members of its own, some of the group and some not, so that the end is known whatever the order.
    async function connect(n: number): Promise<void> {
      const coming = ids.slice(size + n * each, size + (n + 1) * each)
      const going = ids.slice(n * each, (n + 1) * each)
      for (const [at, id] of coming.entries()) {
        await send('Add', [id])
        model.add(id)
        if (at % 4 === 0) {
          await send('Remove', going.slice(at, at + 4))
          for (const gone of going.slice(at, at + 4)) model.delete(gone)
        }
        if (at % 8 === 0) {
          await send('Remove', [id])
          model.delete(id)
        }
      }
    }
    await Promise.all(Array.from({ length: connections }, (_, n) => connect(n)))
    expect([...statuses.keys()]).toEqual([204])
    const { body } = await instance.scim('GET', path)
    expect(body.members.map(({ value }: Body) => value).toSorted()).toEqual([...model].toSorted())
  })

  test('takes large changes from many connections at once, each as a whole', async () => {
    const [one, two, three] = [0, 1, 2].map((n) => ids.slice(size).filter((_, at) => at % 3 === n))
    const answers = await Promise.all(
      [one, two, three].map((members) =>
        instance.scim('PATCH', path, patch({ op: 'Add', path: 'members', value: values(members ?? []) })),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204])
    const { body } = await instance.scim('GET', path)
    const shown = new Set(body.members.map(({ value }: Body) => value))
    expect(ids.slice(size).filter((id) => !shown.has(id))).toEqual([])
  })

  test('keeps who is not here yet, shows it to nobody, and counts it nowhere', async () => {
    const groupId = path.split('/').at(-1)
    const before = (await instance.admin('GET', `/groups/${groupId}`)).body
    const stranger = '0199b0f2-7a3e-7c11-8f00-2d3c4b5a6978'
    const added = await instance.scim('PATCH', path, patch({ op: 'Add', path: 'members', value: values([stranger]) }))
    expect(added.status).toBe(204)
    expect((await instance.admin('GET', `/groups/${groupId}`)).body.memberCount).toBe(before.memberCount)
    const { body } = await instance.scim('GET', path)
    expect(body.members.some(({ value }: Body) => value === stranger)).toBe(false)
  })
})
