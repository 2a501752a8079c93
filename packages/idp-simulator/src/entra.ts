import { randomUUID } from 'node:crypto'
import { type Directory, jobTitles, makeDirectory, type Person, seededRandom } from './directory.ts'
import type { LatencySummary } from './latencies.ts'
import { type Failure, type Json, type JsonObject, ScimClient } from './scim-client.ts'
import { type Difference, SentRecord } from './sent-record.ts'

const coreUser = 'urn:ietf:params:scim:schemas:core:2.0:User'
const coreGroup = 'urn:ietf:params:scim:schemas:core:2.0:Group'
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
/** Entra puts this second schema on every group; a server has to bear with it. */
const entraGroup = 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'

export interface SimulationOptions {
  readonly tenantUrl: string
  readonly secretToken: string
  readonly users: number
  readonly groups: number
  readonly concurrency: number
  readonly seed?: number
  /** Goes into every name; by default a new one. */
  readonly run?: string
  readonly patienceMs?: number
  readonly onProgress?: (progress: Progress) => void
}

export interface Progress {
  readonly phase: string
  readonly done: number
  readonly total: number
}

export interface SimulationReport {
  readonly run: string
  readonly requests: number
  readonly failures: readonly Failure[]
  /** Resources read back at the end, and where they were not what was sent. */
  readonly compared: number
  readonly differences: readonly Difference[]
  readonly operations: Readonly<Record<string, LatencySummary>>
  readonly seconds: number
  /** The SCIM ids of the users that are left, by user name. */
  readonly userIds: Readonly<Record<string, string>>
}

/**
 * Behaves like Entra ID against a SCIM endpoint: Test Connection, an initial cycle (groups by display name, users by
 * user name, create or pick up, managers, members), an incremental cycle in Entra's PATCH dialect, disable, re-enable,
 * remove from scope, delete; then reads everything back and compares it with its own record of what it sent.
 */
export async function simulateEntra(options: SimulationOptions): Promise<SimulationReport> {
  const startedAt = performance.now()
  const run = options.run ?? randomUUID().slice(0, 8)
  const client = new ScimClient({
    tenantUrl: options.tenantUrl,
    secretToken: options.secretToken,
    connections: options.concurrency,
    patienceMs: options.patienceMs ?? 0,
  })
  const directory = makeDirectory({ users: options.users, groups: options.groups, seed: options.seed ?? 1, run })
  const cycle = new EntraCycle(client, directory, options)
  try {
    await cycle.testConnection()
    await cycle.provisionGroups()
    await cycle.provisionUsers()
    await cycle.assignManagers()
    await cycle.assignMembers()
    await cycle.changePeople()
    await cycle.disableAndEnable()
    await cycle.removeAndDelete()
    const { compared, differences } = await cycle.readBack()
    return {
      run,
      requests: client.requests,
      failures: client.failures,
      compared,
      differences,
      operations: client.latencies.summary(),
      seconds: (performance.now() - startedAt) / 1_000,
      userIds: cycle.userIds(),
    }
  } finally {
    await client.close()
  }
}

/** The attribute flow of Entra's default mapping. */
function userResource(person: Person): JsonObject {
  return {
    externalId: person.objectId,
    userName: person.userPrincipalName,
    active: person.accountEnabled,
    displayName: `${person.givenName} ${person.surname}`,
    title: person.jobTitle,
    emails: [{ type: 'work', value: person.userPrincipalName, primary: true }],
    name: {
      formatted: `${person.givenName} ${person.surname}`,
      givenName: person.givenName,
      familyName: person.surname,
    },
    phoneNumbers: [
      { type: 'work', value: person.telephone },
      { type: 'mobile', value: person.mobile },
    ],
    addresses: [{ type: 'work', locality: person.city }],
    [enterprise]: { department: person.department, employeeNumber: person.employeeId },
  }
}

class EntraCycle {
  readonly #client: ScimClient
  readonly #directory: Directory
  readonly #options: SimulationOptions
  readonly #sent = new SentRecord()
  /** The anchors that Entra keeps for ever. */
  readonly #users = new Map<number, string>()
  readonly #groups = new Map<number, string>()
  readonly #members = new Map<string, Set<string>>()

  constructor(client: ScimClient, directory: Directory, options: SimulationOptions) {
    this.#client = client
    this.#directory = directory
    this.#options = options
  }

  async testConnection(): Promise<void> {
    await this.#client.find('test connection', 'Users', 'userName', randomUUID())
    await this.#client.find('test connection', 'Groups', 'displayName', randomUUID(), false)
  }

  async provisionGroups(): Promise<void> {
    await this.#each('Groups', [...this.#directory.teams.entries()], async ([index, team]) => {
      const found = await this.#client.find('find group', 'Groups', 'displayName', team.displayName, false)
      const existing = firstId(found.body)
      const resource = { externalId: team.objectId, displayName: team.displayName }
      const id =
        existing ??
        (await this.#create('create group', 'Groups', 'displayName', team.displayName, resource, [
          coreGroup,
          entraGroup,
        ]))
      if (!id) return
      if (existing)
        await this.#patch('patch group', 'Groups', id, [{ op: 'Replace', path: 'externalId', value: team.objectId }])
      this.#groups.set(index, id)
      this.#members.set(id, new Set())
      this.#sent.put(id, resource)
    })
  }

  async provisionUsers(): Promise<void> {
    await this.#each('Users', [...this.#directory.people.entries()], async ([index, person]) => {
      const found = await this.#client.find('find user', 'Users', 'userName', person.userPrincipalName)
      const existing = firstId(found.body)
      const resource = userResource(person)
      const id =
        existing ??
        (await this.#create('create user', 'Users', 'userName', person.userPrincipalName, resource, [
          coreUser,
          enterprise,
        ]))
      if (!id) return
      if (existing) await this.#patch('patch user', 'Users', id, [{ op: 'Replace', value: resource }])
      this.#users.set(index, id)
      this.#sent.put(id, resource)
    })
  }

  async assignManagers(): Promise<void> {
    const pairs = [...this.#users].flatMap(([index, id]) => {
      const manager = this.#directory.people[index]?.manager
      const managerId = manager === undefined ? undefined : this.#users.get(manager)
      return managerId ? [{ id, managerId }] : []
    })
    await this.#each('Managers', pairs, async ({ id, managerId }) => {
      const path = `${enterprise}:manager`
      if (await this.#patch('set manager', 'Users', id, [{ op: 'Add', path, value: managerId }])) {
        this.#sent.set(id, [enterprise, 'manager'], { value: managerId })
      }
    })
  }

  async assignMembers(): Promise<void> {
    const additions = [...this.#groups].flatMap(([index, groupId]) =>
      (this.#directory.teams[index]?.members ?? []).flatMap((member) => {
        const userId = this.#users.get(member)
        return userId ? [{ groupId, userId }] : []
      }),
    )
    await this.#each('Members', additions, async ({ groupId, userId }) => {
      const value = [{ $ref: null, value: userId }]
      if (await this.#patch('add member', 'Groups', groupId, [{ op: 'Add', path: 'members', value }])) {
        this.#members.get(groupId)?.add(userId)
      }
    })
    const removals = additions.filter((_, index) => index % 10 === 0)
    await this.#each('Members removed', removals, async ({ groupId, userId }) => {
      const value = [{ $ref: null, value: userId }]
      if (await this.#patch('remove member', 'Groups', groupId, [{ op: 'Remove', path: 'members', value }])) {
        this.#members.get(groupId)?.delete(userId)
      }
    })
  }

  /** An incremental cycle: read, compare, PATCH only what changed. */
  async changePeople(): Promise<void> {
    const random = seededRandom(this.#options.seed ?? 1)
    const changed = [...this.#users].filter(([index]) => index % 5 === 0)
    await this.#each('Changes', changed, async ([index, id]) => {
      await this.#client.request('read user', 'GET', `/Users/${id}`, [200])
      const jobTitle = jobTitles[Math.floor(random() * jobTitles.length)] ?? 'Engineer'
      const surname = `${this.#directory.people[index]?.surname}-Lind`
      const phone = `+47 33 ${index}`
      const done = await this.#patch('patch user', 'Users', id, [
        { op: 'Replace', path: 'title', value: jobTitle },
        { op: 'Replace', path: 'name.familyName', value: surname },
        { op: 'Replace', path: 'phoneNumbers[type eq "mobile"].value', value: phone },
        { op: 'Replace', path: `${enterprise}:department`, value: 'Moved' },
        { op: 'Add', path: 'nickName', value: `nick ${index}` },
      ])
      if (!done) return
      this.#sent.set(id, ['title'], jobTitle)
      this.#sent.set(id, ['name', 'familyName'], surname)
      this.#sent.set(
        id,
        ['phoneNumbers'],
        [
          { type: 'work', value: this.#directory.people[index]?.telephone ?? '' },
          { type: 'mobile', value: phone },
        ],
      )
      this.#sent.set(id, [enterprise, 'department'], 'Moved')
      this.#sent.set(id, ['nickName'], `nick ${index}`)
    })
  }

  async disableAndEnable(): Promise<void> {
    const disabled = [...this.#users].filter(([index]) => index % 10 === 3)
    const setActive =
      (operation: string, active: boolean) =>
      async ([, id]: [number, string]) => {
        const value = active ? 'True' : 'False'
        if (await this.#patch(operation, 'Users', id, [{ op: 'Replace', path: 'active', value }]))
          this.#sent.set(id, ['active'], active)
      }
    await this.#each('Disabled', disabled, setActive('disable user', false))
    await this.#each(
      'Enabled again',
      disabled.filter((_, index) => index % 2 === 0),
      setActive('enable user', true),
    )
  }

  /** Out of scope is a disable; a hard delete is a DELETE, after which the id is unknown. */
  async removeAndDelete(): Promise<void> {
    const leaving = [...this.#users].filter(([index]) => index % 20 === 7)
    await this.#each('Deleted', leaving, async ([index, id]) => {
      await this.#patch('disable user', 'Users', id, [{ op: 'Replace', path: 'active', value: 'False' }])
      await this.#client.request('delete user', 'DELETE', `/Users/${id}`, [204])
      await this.#client.request('read deleted user', 'GET', `/Users/${id}`, [404])
      this.#users.delete(index)
      this.#sent.delete(id)
      for (const members of this.#members.values()) members.delete(id)
    })
  }

  async readBack(): Promise<{ compared: number; differences: Difference[] }> {
    const differences: Difference[] = []
    await this.#each('Read back', [...this.#users.values()], async (id) => {
      const answer = await this.#client.request('read user', 'GET', `/Users/${id}`, [200])
      if (answer.body) differences.push(...this.#sent.compare(id, answer.body))
    })
    await this.#each('Groups read back', [...this.#groups.values()], async (id) => {
      const answer = await this.#client.request('read group', 'GET', `/Groups/${id}`, [200])
      if (!answer.body) return
      const { members = [], ...rest } = answer.body
      differences.push(...this.#sent.compare(id, rest))
      const read = new Set((members as { value: string }[]).map((member) => member.value))
      const sent = this.#members.get(id) ?? new Set()
      const missing = [...sent.symmetricDifference(read)]
      if (missing.length > 0) differences.push({ id, attribute: 'members', sent: [...sent], read: [...read] })
    })
    return { compared: this.#users.size + this.#groups.size, differences }
  }

  userIds(): Record<string, string> {
    return Object.fromEntries(
      [...this.#users].map(([index, id]) => [this.#directory.people[index]?.userPrincipalName ?? '', id]),
    )
  }

  /** POST; after a repeated attempt, 409 means that the first one was carried out, and a lookup finds what it made. */
  async #create(
    operation: string,
    type: 'Users' | 'Groups',
    attribute: string,
    name: string,
    resource: JsonObject,
    schemas: string[],
  ): Promise<string | undefined> {
    const body = { schemas, ...resource, meta: { resourceType: type === 'Users' ? 'User' : 'Group' } }
    const answer = await this.#client.request(operation, 'POST', `/${type}`, [201], body)
    if (answer.status === 201) return typeof answer.body?.id === 'string' ? answer.body.id : undefined
    if (answer.status !== 409 || answer.attempts === 1) return undefined
    return firstId((await this.#client.find('find again', type, attribute, name, false)).body)
  }

  async #patch(operation: string, type: 'Users' | 'Groups', id: string, operations: Json[]): Promise<boolean> {
    const body = { schemas: [patchOp], Operations: operations }
    const answer = await this.#client.request(operation, 'PATCH', `/${type}/${id}`, [200, 204], body)
    return answer.status === 200 || answer.status === 204
  }

  /** Runs `work` over the items, `concurrency` at a time, in order of the list. */
  async #each<T>(phase: string, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    const { concurrency, onProgress } = this.#options
    let next = 0
    let done = 0
    onProgress?.({ phase, done, total: items.length })
    const lane = async () => {
      for (let index = next++; index < items.length; index = next++) {
        await work(items[index] as T)
        onProgress?.({ phase, done: ++done, total: items.length })
      }
    }
    await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, lane))
  }
}

function firstId(list: JsonObject | undefined): string | undefined {
  const [first] = (list?.Resources ?? []) as { id?: string }[]
  return first?.id
}
