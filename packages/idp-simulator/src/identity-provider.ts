import { isDeepStrictEqual } from 'node:util'
import type { Directory, Person, Team } from './directory.ts'
import type { Answer, Json, JsonObject, ResourceKind, ScimClient } from './scim-client.ts'
import { type Difference, SentRecord } from './sent-record.ts'

export const coreUser = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const coreGroup = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export const enterpriseUser = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

export interface Progress {
  readonly phase: string
  readonly done: number
  readonly total: number
}

export interface Surroundings {
  readonly client: ScimClient
  readonly directory: Directory
  readonly concurrency: number
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

/** How an identity provider speaks HTTP. */
export interface Transport {
  readonly headers: Readonly<Record<string, string>>
  readonly contentType: string
  /** What this one appends to the Tenant URL, if anything. */
  readonly query?: string
}

/**
 * What all identity providers have in common: links from their objects to SCIM ids that they keep for ever, a cycle that
 * brings the endpoint to the directory's state, and a record of what they sent. How each request looks, and which one is
 * sent, is the dialect of each.
 */
export abstract class IdentityProvider {
  protected readonly client: ScimClient
  protected readonly request: ScimClient['request']
  protected readonly directory: Directory
  protected readonly sent = new SentRecord()
  /** SCIM ids by object id. */
  protected readonly users = new Map<string, string>()
  protected readonly groups = new Map<string, string>()
  /** What was last pushed of an object, to push changes only. */
  protected readonly pushed = new Map<string, JsonObject>()
  readonly differences: Difference[] = []
  readonly #concurrency: number
  readonly #onProgress: Surroundings['onProgress']

  constructor({ client, directory, concurrency, onProgress }: Surroundings) {
    this.client = client
    this.request = client.request.bind(client)
    this.directory = directory
    this.#concurrency = concurrency
    this.#onProgress = onProgress
  }

  /** What is sent when an administrator presses the button or saves the settings. */
  abstract testConnection(): Promise<void>
  /** Somebody in scope: found, created, compared or pushed. */
  protected abstract provisionUser(person: Person): Promise<void>
  /** Somebody who left the directory, or its scope, for good. */
  protected abstract removeUser(id: string): Promise<void>
  protected abstract provisionGroup(team: Team): Promise<void>
  protected abstract removeGroup(id: string): Promise<void>

  /** Brings the endpoint to the directory's state. */
  async cycle(): Promise<void> {
    await this.#removeGone('Leavers', this.users, this.directory.people, (id) => this.removeUser(id))
    await this.each('Users', this.directory.people, (person) => this.provisionUser(person))
    await this.afterUsers()
    await this.#removeGone('Groups closed', this.groups, this.directory.teams, (id) => this.removeGroup(id))
    await this.each('Groups', this.directory.teams, (team) => this.provisionGroup(team))
    await this.afterGroups()
  }

  protected async afterUsers(): Promise<void> {}
  protected async afterGroups(): Promise<void> {}

  /** Reads all that was ever sent and compares. @returns how many resources were compared */
  async readBack(): Promise<number> {
    const { resources } = this.sent
    await this.each('Read back', resources, async ({ id, kind }) => {
      const answer = await this.request(`read ${kind === 'Groups' ? 'group' : 'user'}`, 'GET', `/${kind}/${id}`, [200])
      if (answer.status === 200) this.compare(id, answer.body)
    })
    return resources.length
  }

  /** The SCIM ids of the users that are linked now, by user name. */
  userIds(): Record<string, string> {
    return Object.fromEntries(
      this.directory.people.flatMap(({ objectId, userName }) => {
        const id = this.users.get(objectId)
        return id === undefined ? [] : [[userName, id]]
      }),
    )
  }

  protected compare(id: string, read: JsonObject | undefined): void {
    this.differences.push(...this.sent.compare(id, read ?? {}))
  }

  /** The path of a lookup by `<attribute> eq "<value>"`. */
  protected abstract lookupPath(kind: ResourceKind, attribute: string, value: string): string

  /** The one resource that has this value; more than one hit is an error to every identity provider. */
  protected async lookUp(kind: ResourceKind, attribute: string, value: string): Promise<string | undefined> {
    const operation = kind === 'Users' ? 'find user' : 'find group'
    const path = this.lookupPath(kind, attribute, value)
    const { body } = await this.request(operation, 'GET', path, [200])
    const found = (body?.Resources ?? []) as JsonObject[]
    if (found.length > 1 || found.length !== (body?.totalResults ?? found.length)) {
      const detail = `${found.length} hits, totalResults ${JSON.stringify(body?.totalResults)}`
      this.client.failures.push({ operation, method: 'GET', path, status: 200, detail })
    }
    const id = found[0]?.id
    return typeof id === 'string' ? id : undefined
  }

  /**
   * POST; after a repeated attempt, 409 means that the first one was carried out, and a lookup finds what it made.
   * @param meant what the resource is to look like when it is read
   * @returns its id; undefined when it failed
   */
  protected async create(
    kind: ResourceKind,
    by: string,
    body: JsonObject,
    meant: JsonObject,
  ): Promise<string | undefined> {
    const operation = kind === 'Users' ? 'create user' : 'create group'
    const answer = await this.request(operation, 'POST', `/${kind}`, [201], body)
    const repeated = answer.status === 409 && answer.attempts > 1
    const id = repeated ? await this.lookUp(kind, by, String(meant[by])) : answer.body?.id
    if (typeof id !== 'string') return undefined
    this.sent.put(kind, id, meant)
    if (answer.status === 201) this.compare(id, answer.body)
    return id
  }

  /**
   * Somebody by one who pushes what it means: created where nobody has the name, else updated where that is news. Who is
   * disabled at first sight is left out.
   * @param meant what the user is to look like when it is read
   */
  protected async pushUser(
    person: Person,
    meant: JsonObject,
    dialect: {
      readonly creation: () => JsonObject
      /** @param isLinkedNow it was there, and was found just now */
      readonly update: (id: string, isLinkedNow: boolean) => Promise<unknown>
    },
  ): Promise<void> {
    const { objectId, userName } = person
    const known = this.users.get(objectId)
    if (known === undefined && !person.enabled) return
    const id = known ?? (await this.lookUp('Users', 'userName', userName))
    if (id === undefined) {
      const made = await this.create('Users', 'userName', dialect.creation(), meant)
      if (made === undefined) return
      this.users.set(objectId, made)
    } else {
      this.users.set(objectId, id)
      if (!this.isNews(objectId, meant)) return
      await dialect.update(id, known === undefined)
    }
    this.pushed.set(objectId, meant)
  }

  /** PUT of a user or group. */
  protected async replace(operation: string, path: string, id: string, body: JsonObject): Promise<boolean> {
    const answer = await this.request(operation, 'PUT', path, [200], body)
    if (answer.status === 200) this.compare(id, answer.body)
    return answer.status === 200
  }

  protected async patch(operation: string, path: string, operations: readonly Json[]): Promise<Answer | undefined> {
    const body = { schemas: [patchOp], Operations: [...operations] }
    const answer = await this.request(operation, 'PATCH', path, [200, 204], body)
    return answer.status === 200 || answer.status === 204 ? answer : undefined
  }

  /** Whether this is other than what was last pushed of the object. */
  protected isNews(objectId: string, content: JsonObject): boolean {
    return !isDeepStrictEqual(this.pushed.get(objectId), content)
  }

  /** The SCIM ids of a team's members, as far as they are linked; some leave the disabled out. */
  protected memberIds(team: Team, who: (person: Person) => boolean = () => true): Set<string> {
    const people = this.directory.people.filter((person) => team.members.has(person.objectId) && who(person))
    return new Set(people.flatMap(({ objectId }) => this.users.get(objectId) ?? []))
  }

  /** A group was given this name and these members. */
  protected noteGroup(id: string, displayName: string, members: ReadonlySet<string>): void {
    this.sent.change(id, (meant) => {
      meant.displayName = displayName
    })
    const noted = this.sent.members(id)
    noted.clear()
    for (const member of members) noted.add(member)
  }

  /** Runs `work` over the items, `concurrency` at a time, in order of the list. */
  protected async each<T>(phase: string, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    let next = 0
    let done = 0
    this.#onProgress?.({ phase, done, total: items.length })
    const lane = async () => {
      for (let index = next++; index < items.length; index = next++) {
        await work(items[index] as T)
        this.#onProgress?.({ phase, done: ++done, total: items.length })
      }
    }
    await Promise.all(Array.from({ length: Math.min(this.#concurrency, items.length) }, lane))
  }

  #removeGone(
    phase: string,
    links: Map<string, string>,
    present: readonly { objectId: string }[],
    remove: (id: string) => Promise<void>,
  ): Promise<void> {
    const objectIds = new Set(present.map(({ objectId }) => objectId))
    const gone = [...links].filter(([objectId]) => !objectIds.has(objectId))
    return this.each(phase, gone, async ([objectId, id]) => {
      await remove(id)
      links.delete(objectId)
    })
  }
}

/** Form encoding, as most send filters: `+` for a space. */
export function formEncoded(parameters: Record<string, string>): string {
  return new URLSearchParams(parameters).toString()
}

/** Percent encoding throughout: `%20` for a space. */
export function percentEncoded(parameters: Record<string, string>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')
}

/** `userName eq "x"`, the value as a JSON string (RFC 7644 section 3.4.2.2). */
export function equals(attribute: string, value: string): string {
  return `${attribute} eq ${JSON.stringify(value)}`
}
