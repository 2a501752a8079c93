import { randomUUID } from 'node:crypto'
import type { Person, Team } from './directory.ts'
import { coreGroup, enterpriseUser, equals, formEncoded, IdentityProvider } from './identity-provider.ts'
import type { Json, JsonObject, ResourceKind } from './scim-client.ts'
import { commonUser } from './user-template.ts'

/**
 * OneLogin with the SCIM v2 Enterprise connector: bodies come from a JSON template that an administrator wrote, with schemas
 * of SCIM 1, unknown keys and empty texts; a question mark or ampersand at the end of every URL; updates by PUT; groups are
 * listed, created, and their members changed by PATCH.
 */
export class OneLogin extends IdentityProvider {
  static readonly transport = {
    headers: { accept: 'application/json' },
    contentType: 'application/json',
  }

  async testConnection(): Promise<void> {
    await this.request('test connection', 'GET', this.lookupPath('Users', 'userName', randomUUID()), [200, 404])
  }

  protected lookupPath(kind: ResourceKind, attribute: string, value: string): string {
    return `/${kind}?${formEncoded({ filter: equals(attribute, value) })}&`
  }

  protected async provisionUser(person: Person): Promise<void> {
    const meant = this.#meant(person)
    await this.pushUser(person, meant, {
      creation: () => this.#template(person, meant),
      update: async (id) => {
        this.sent.put('Users', id, meant)
        await this.replace('replace user', `/Users/${id}?`, id, this.#template(person, meant))
      },
    })
  }

  /** The manager by SCIM id where there is one yet, by OneLogin's own until then; an e-mail that is nobody's: only a type. */
  #meant(person: Person): JsonObject {
    const { employeeId, department, managerId } = person
    const common = commonUser(person)
    return {
      ...common,
      emails: [...(common.emails as Json[]), { type: 'other' }],
      ...(person.nickName === undefined ? {} : { nickName: person.nickName }),
      [enterpriseUser]: {
        employeeNumber: employeeId,
        department,
        ...(managerId === undefined ? {} : { manager: { value: this.users.get(managerId) ?? managerId } }),
      },
    }
  }

  #template(person: Person, meant: JsonObject): JsonObject {
    const enterprise = meant[enterpriseUser] as JsonObject
    const manager = enterprise.manager as JsonObject | undefined
    return {
      schemas: ['urn:scim:schemas:core:1.0', 'urn:scim:schemas:core:2.0', 'urn:scim:schemas:extension:enterprise:2.0'],
      ...meant,
      nickName: person.nickName ?? '',
      profileUrl: '',
      oneLoginSamName: person.userName,
      emails: (meant.emails as JsonObject[]).map((email) => ({ value: '', ...email })),
      [enterpriseUser]: {
        ...enterprise,
        organization: '',
        division: '',
        manager: manager ? { ...manager, displayName: 'Their Boss' } : { value: '', displayName: '' },
      },
    }
  }

  protected async removeUser(id: string): Promise<void> {
    await this.request('delete user', 'DELETE', `/Users/${id}?`, [204])
    this.sent.delete(id)
  }

  protected async provisionGroup(team: Team): Promise<void> {
    const { displayName, objectId } = team
    const known = this.groups.get(objectId)
    if (known === undefined) {
      const id = (await this.#listed(displayName)) ?? (await this.#createGroup(displayName))
      if (id === undefined) return
      this.groups.set(objectId, id)
    }
    const id = this.groups.get(objectId)
    if (id === undefined) return
    const members = this.memberIds(team, (person) => person.enabled)
    if (!this.isNews(objectId, { displayName, members: [...members] })) return
    const noted = this.sent.members(id)
    const values = (ids: Set<string>) => [...ids].map((value) => ({ value }))
    const added = members.difference(noted)
    const isOnlyMore = noted.difference(members).size === 0
    const operations: Json[] = [
      isOnlyMore
        ? { op: 'add', path: 'members', value: values(added) }
        : { op: 'replace', path: 'members', value: values(members) },
    ]
    if (known !== undefined) operations.unshift({ op: 'replace', path: 'displayName', value: displayName })
    if (!(await this.patch('patch group', `/Groups/${id}?`, operations))) return
    this.noteGroup(id, displayName, members)
    this.pushed.set(objectId, { displayName, members: [...members] })
  }

  /** Looks through the list of all groups. */
  async #listed(displayName: string): Promise<string | undefined> {
    for (let startIndex = 1; ; ) {
      const { body } = await this.request('list groups', 'GET', `/Groups?startIndex=${startIndex}&`, [200])
      const groups = (body?.Resources ?? []) as JsonObject[]
      const found = groups.find((group) => group.displayName === displayName)
      if (typeof found?.id === 'string') {
        this.sent.adopt('Groups', found.id, { displayName })
        return found.id
      }
      startIndex += groups.length
      if (groups.length === 0 || startIndex > Number(body?.totalResults)) return undefined
    }
  }

  #createGroup(displayName: string): Promise<string | undefined> {
    return this.create('Groups', 'displayName', { schemas: [coreGroup], displayName }, { displayName })
  }

  /** What no rule names any more stays where it is. */
  protected async removeGroup(): Promise<void> {}
}
