import { Fault } from '@user-provisioning/contracts/errors'
import type { Reply, Snapshot } from '@user-provisioning/contracts/reply'
import type { JsonObject } from '@user-provisioning/scim/json'
import type { ParsedPatch } from '@user-provisioning/scim/patch'
import type { ReadResource } from '@user-provisioning/scim/resource'
import type { ResourceType } from '@user-provisioning/scim/schema'
import type { LogNotes } from '../log/request-log.ts'
import { type Call, type Identity, unexpected } from './identity.ts'
import { provision } from './provision.ts'
import type { Preconditions, ProvisionedType } from './provisioned-type.ts'

/** One request for one resource, whether it came by itself or as an operation of a Bulk. */
export interface ScimRequest {
  readonly call: Call
  readonly notes: LogNotes
}

/**
 * What can be done to users or groups, behind the reading of a request and before the presenting of its answer. Each throws
 * the Fault that identity-service refuses with.
 */
export interface ResourceOperations {
  create(request: ScimRequest, given: ReadResource): Promise<Snapshot>
  /** @param withApart whether the attribute that is kept apart is wanted */
  read(request: ScimRequest, id: string, withApart: boolean): Promise<Snapshot>
  replace(request: ScimRequest, id: string, given: ReadResource, preconditions: Preconditions): Promise<Snapshot>
  patch(request: ScimRequest, id: string, given: ParsedPatch, preconditions: Preconditions): Promise<Snapshot>
  remove(request: ScimRequest, id: string, preconditions: Preconditions): Promise<void>
}

export function resourceOperations(provisioned: ProvisionedType, identity: Identity): ResourceOperations {
  const { matchingAttribute } = provisioned

  function noteGiven(request: ScimRequest, { resource, ...findings }: ReadResource): void {
    noteFindings(request, findings)
    request.notes.targetName = nameIn(resource, matchingAttribute)
  }

  function noteFindings({ notes }: ScimRequest, { dropped, quirks }: Pick<ReadResource, 'dropped' | 'quirks'>): void {
    notes.droppedAttributes = dropped
    for (const quirk of quirks) notes.quirks.add(quirk)
  }

  function noteFound({ notes }: ScimRequest, found: Snapshot): Snapshot {
    notes.targetId = found.id
    notes.targetName ??= nameIn(found.scim, matchingAttribute)
    return found
  }

  return {
    async create(request, given) {
      noteGiven(request, given)
      return noteFound(request, await provision(request.call, provisioned, given.resource, identity))
    },

    async read(request, id, withApart) {
      const reply = await identity.query(request.call, provisioned.read(id, withApart))
      if (reply.outcome !== 'read') throw unexpected(reply)
      return noteFound(request, reply.resource)
    },

    async replace(request, id, given, preconditions) {
      noteGiven(request, given)
      const reply = await identity.command(request.call, id, provisioned.replace(id, given.resource, preconditions))
      return noteFound(request, changed(reply))
    },

    async patch(request, id, { operations, ...findings }, preconditions) {
      noteFindings(request, findings)
      const reply = await identity.command(request.call, id, provisioned.patch(id, operations, preconditions))
      return noteFound(request, changed(reply))
    },

    async remove(request, id, preconditions) {
      const reply = await identity.command(request.call, id, provisioned.remove(id, preconditions))
      if (reply.outcome !== 'deleted') throw unexpected(reply)
    },
  }
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Notes whom a request is about. An id that cannot have been made here is nobody's, and nobody need be asked.
 * @throws Fault not-found
 */
export function aimAt({ notes }: ScimRequest, type: ResourceType, id: string): void {
  if (!uuid.test(id)) throw new Fault('not-found', { type: type.name.toLowerCase() })
  notes.targetId = id
}

function changed(reply: Reply): Snapshot {
  if (reply.outcome !== 'changed') throw unexpected(reply)
  return reply.resource
}

function nameIn(scim: JsonObject, attribute: string): string | null {
  const name = scim[attribute]
  return typeof name === 'string' ? name : null
}
