import type { Actor, Cause } from '@user-provisioning/contracts/actor'
import type { AdminAnswer } from '@user-provisioning/contracts/admin-requests'
import type { MappingFact, WorkflowFact } from '@user-provisioning/contracts/engine-facts'
import type { IdentityFact, InstanceFact, MembersFact } from '@user-provisioning/contracts/identity-facts'
import { fold } from '@user-provisioning/scim/fold'
import type { JsonValue } from '@user-provisioning/scim/json'

/**
 * One change of one value. Kinds are those of the fact's change (attribute, field, link, membership, state, key, setting,
 * admin), `mapping` for a row that was saved, and three for what did not go as asked: `warning` from a request, `mapping` from
 * a row that failed, `rule` from a rule that found no object. Those have the field or attribute as path, null as the old value and `{code, detail}` as the new.
 */
export interface HistoryEntry {
  /** `<fact id>/<n>`, or `<fact id>/rows/<n>` and `/rules/<n>` of the engines: the same however often the fact comes. */
  readonly _id: string
  readonly instanceId: string
  readonly at: Date
  readonly subject: { readonly type: string; readonly id: string; readonly name: string | null }
  readonly kind: string
  readonly path: string
  readonly old: JsonValue
  readonly new: JsonValue
  readonly actor: Actor
  readonly cause: Cause
  readonly correlationId: string
  /** What a search for a person finds the entry by: ids, and folded names as they were at the time. */
  readonly persons: readonly string[]
}

type Subject = HistoryEntry['subject']
type Value = Pick<HistoryEntry, 'kind' | 'path' | 'old' | 'new'> & { persons?: readonly (string | null)[] }

/** The entries of what identity-service announced. A fact that is announced again was already heard: it has none. */
export function entriesOfIdentityFact(fact: IdentityFact): HistoryEntry[] {
  if (fact.repeated) return []
  const subject = subjectOf(fact)
  const memberships = fact.type === 'MembersChanged' ? membershipsOf(fact) : []
  const values: Value[] = [
    // The members themselves say more than a list of them does.
    ...fact.changes.filter(({ kind }) => kind !== 'membership' || memberships.length === 0),
    ...memberships,
    // What a proposal could not do its engine tells itself.
    ...(fact.cause.type === 'proposal' ? [] : fact.warnings.map((warning) => warningValue('warning', warning))),
  ]
  const namePath = subject.type === 'group' ? 'displayName' : 'userName'
  return values.map((value, n) => {
    const isRename = value.kind === 'attribute' && value.path === namePath && typeof value.old === 'string'
    return entry(fact, subject, n, value, fact.actor, fact.cause, isRename ? [String(value.old)] : [])
  })
}

/** The rows that failed, one entry each, or those that a save changed, with the version that it made. */
export function entriesOfMappingFact(fact: MappingFact): HistoryEntry[] {
  if (fact.type === 'MappingSetSaved') {
    const subject = { type: 'mapping-set', id: fact.entityId, name: null }
    const cause: Cause = { type: 'request', id: fact.correlationId }
    const saved = { version: fact.version, comment: fact.comment }
    return [{ path: 'version', old: { version: fact.version - 1 }, new: saved }, ...fact.changes].map((value, n) =>
      entry(fact, subject, n, { kind: 'mapping', ...value }, fact.actor, cause),
    )
  }
  const actor: Actor = { type: 'system', id: 'mapping-service', name: 'Mapping set' }
  return fact.warnings.map((warning, n) =>
    engineEntry('rows', fact, userSubject(fact.entityId), n, warningValue('mapping', warning), actor, causeOf(fact)),
  )
}

/**
 * The objects that rules did not find, one entry each; or what changed about rules, objects and their types. A run without
 * warnings has none.
 */
export function entriesOfWorkflowFact(fact: WorkflowFact): HistoryEntry[] {
  if (fact.type === 'ObjectCreated') {
    const subject = { type: 'object', id: fact.entityId, name: fact.name }
    const cause: Cause = { type: 'request', id: fact.correlationId }
    return [
      engineEntry(
        'rules',
        fact,
        subject,
        0,
        { kind: 'admin', path: fact.objectType, old: null, new: fact.name },
        fact.actor,
        cause,
      ),
    ]
  }
  if ('subject' in fact) {
    const { subject, changes, warnings } = fact
    const cause: Cause = fact.type === 'RulePaused' ? causeOf(fact) : { type: 'request', id: fact.correlationId }
    const values: Value[] = [...changes, ...warnings.map((warning) => warningValue('rule', warning))]
    return values.map((value, n) => engineEntry('rules', fact, subject, n, value, fact.actor, cause))
  }
  const actor: Actor = { type: 'rule', id: 'workflow-service', name: 'Workflow rules' }
  return fact.warnings.map((warning, n) =>
    engineEntry('rules', fact, userSubject(fact.entityId), n, warningValue('rule', warning), actor, causeOf(fact)),
  )
}

/** The entry as the admin API shows it. */
export function presentHistoryEntry(found: HistoryEntry): AdminAnswer<'readChangeHistory'>['items'][number] {
  const { _id, instanceId, at, subject, kind, path, actor, cause, correlationId } = found
  return {
    id: _id,
    at: at.toISOString(),
    instanceId,
    subject: { type: subject.type, id: subject.id, name: subject.name },
    kind,
    path,
    old: found.old,
    new: found.new,
    actor: { type: actor.type, id: actor.id, name: actor.name },
    cause: { type: cause.type, id: cause.id },
    correlationId,
  }
}

function entry(
  fact: { id: string; instanceId: string; at: string; correlationId: string },
  subject: Subject,
  n: number,
  { persons = [], ...value }: Value,
  actor: Actor,
  cause: Cause,
  formerNames: readonly string[] = [],
): HistoryEntry {
  const names = [subject.name, ...formerNames, ...persons].filter((name) => name !== null)
  return {
    _id: `${fact.id}/${n}`,
    instanceId: fact.instanceId,
    at: new Date(fact.at),
    subject,
    kind: value.kind,
    path: value.path,
    old: value.old,
    new: value.new,
    actor,
    cause,
    correlationId: fact.correlationId,
    persons: [...new Set([fold(subject.id), ...names.map(fold)])],
  }
}

/**
 * An entry of what an engine told. Its facts are numbered under its proposal, as are those of identity that the proposal led
 * to: the entries of both must not be taken for each other.
 */
function engineEntry(
  engine: 'rows' | 'rules',
  fact: Parameters<typeof entry>[0],
  subject: Subject,
  n: number,
  value: Value,
  actor: Actor,
  cause: Cause,
): HistoryEntry {
  return entry({ ...fact, id: `${fact.id}/${engine}` }, subject, n, value, actor, cause)
}

function subjectOf(fact: IdentityFact): Subject {
  if ('user' in fact) return { type: 'user', id: fact.user.id, name: fact.user.userName }
  if ('group' in fact) return { type: 'group', id: fact.group.id, name: fact.group.displayName }
  return { type: subjectTypes[fact.type], id: fact.subject, name: null }
}

const subjectTypes = {
  InstanceCreated: 'instance',
  SettingsChanged: 'settings',
  GuardTripped: 'guard',
  GuardNearQuarantine: 'guard',
  GuardReleased: 'guard',
  GuardRejected: 'guard',
  IntegrationUserAppointed: 'integration-user',
  ApiKeyIssued: 'api-key',
  ApiKeyRevoked: 'api-key',
  CustomFieldsChanged: 'custom-field',
} as const satisfies Record<InstanceFact['type'], string>

/** One value for each member: the entry is found by the group and by the member. */
function membershipsOf({ added, removed }: MembersFact): Value[] {
  const value = { kind: 'membership', path: 'members' } as const
  return [
    ...added.map((member) => ({ ...value, old: null, new: { ...member }, persons: [member.id, member.name] })),
    ...removed.map((member) => ({ ...value, old: { ...member }, new: null, persons: [member.id, member.name] })),
  ]
}

function userSubject(id: string): Subject {
  return { type: 'user', id, name: null }
}

function warningValue(kind: string, { code, path, detail }: IdentityFact['warnings'][number]): Value {
  return { kind, path: path ?? '', old: null, new: { code, detail } }
}

/** What the engine's fact answers: its id is that of its proposal with a number behind. */
function causeOf(fact: { id: string }): Cause {
  return { type: 'proposal', id: fact.id.slice(0, fact.id.lastIndexOf('/')) }
}
