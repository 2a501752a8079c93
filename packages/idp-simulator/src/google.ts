import { isDeepStrictEqual } from 'node:util'
import type { Person } from './directory.ts'
import { coreUser, enterpriseUser, equals, IdentityProvider, percentEncoded } from './identity-provider.ts'
import type { Json, JsonObject, ResourceKind } from './scim-client.ts'
import { commonUser } from './user-template.ts'

/**
 * Google Workspace auto-provisioning: users only, plain JSON, PATCH by attribute, suspended first and deleted after the
 * delay that the administrator chose. Its bodies are not public: this is what a client by the RFC would send.
 */
export class Google extends IdentityProvider {
  static readonly transport = {
    headers: { 'user-agent': 'Google-Auto-Provisioning', accept: 'application/json' },
    contentType: 'application/json',
  }

  async testConnection(): Promise<void> {
    await this.request('test connection', 'GET', '/Users?count=1', [200])
  }

  protected lookupPath(kind: ResourceKind, attribute: string, value: string): string {
    return `/${kind}?${percentEncoded({ filter: equals(attribute, value), startIndex: '1', count: '1' })}`
  }

  protected async provisionUser(person: Person): Promise<void> {
    const meant = this.#meant(person)
    await this.pushUser(person, meant, {
      creation: () => ({ schemas: [coreUser, enterpriseUser], ...meant }),
      update: async (id, isLinkedNow) => {
        const before = this.pushed.get(person.objectId) ?? {}
        if (isLinkedNow) this.sent.adopt('Users', id, meant)
        else this.sent.put('Users', id, meant)
        await this.#patchUser(id, 'patch user', differences(before, meant))
      },
    })
  }

  async #patchUser(id: string, operation: string, operations: Json[]): Promise<void> {
    const answer = await this.patch(operation, `/Users/${id}`, operations)
    if (answer?.status === 200) this.compare(id, answer.body)
  }

  #meant(person: Person): JsonObject {
    const { department, costCenter, employeeId } = person
    return {
      ...commonUser(person),
      ...(person.nickName === undefined ? {} : { nickName: person.nickName }),
      preferredLanguage: person.language,
      [enterpriseUser]: { employeeNumber: employeeId, department, costCenter },
    }
  }

  /** Suspended, and after the delay deleted. */
  protected async removeUser(id: string): Promise<void> {
    this.sent.change(id, (meant) => {
      meant.active = false
    })
    await this.#patchUser(id, 'disable user', [{ op: 'replace', path: 'active', value: false }])
    await this.request('delete user', 'DELETE', `/Users/${id}`, [204])
    this.sent.delete(id)
  }

  /** Groups are not provisioned. */
  protected async provisionGroup(): Promise<void> {}
  protected async removeGroup(): Promise<void> {}
}

/** One operation for each attribute that is other than before. */
function differences(before: JsonObject, after: JsonObject): Json[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names]
    .filter((name) => !isDeepStrictEqual(before[name], after[name]))
    .map((name) => {
      const value = after[name]
      return value === undefined ? { op: 'remove', path: name } : { op: 'replace', path: name, value }
    })
}
