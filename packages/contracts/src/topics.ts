import { z } from 'zod'
import { adminRequestsOf } from './admin-requests.ts'
import { deadLetter } from './dead-letter.ts'
import { mappingFact, workflowFact } from './engine-facts.ts'
import { identityFact } from './identity-facts.ts'
import { identityQuery, identityRequest } from './identity-requests.ts'
import { ingressFact } from './ingress-facts.ts'
import { mappingSetRecord } from './mapping-set.ts'
import { proposeFields, proposeLinks } from './proposals.ts'
import { reply } from './reply.ts'
import type { ServiceName } from './service-name.ts'
import { accessTokenRecord, apiKeyRecord, instanceRecord, signingKeyRecord } from './states.ts'
import type { Topic } from './topic.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const megabyte = 1_048_576

/** Topics keyed by an entity have as many partitions each, so that one replica owns an entity in all of them. */
const entityPartitions = 24
const entity = { key: 'instance id / entity id', partitions: entityPartitions } as const
const byInstance = { key: 'instance id', partitions: entityPartitions } as const
/** The longest outage that a service may have. */
const outage = { kind: 'delete', retentionMs: 7 * dayMs } as const
/**
 * How long a reader keeps what it has of a deleted entity, in seconds: longer than facts, so that no older fact of it can come when
 * that is gone.
 */
export const deletedKeptSeconds = (outage.retentionMs + dayMs) / 1_000
const state = { key: 'id', partitions: 1, cleanup: { kind: 'compact' }, maxMessageBytes: megabyte } as const

function topic<Schema extends z.ZodType>(record: Topic<Schema>): Topic<Schema> {
  return record
}

function adminRequestsTopic(owner: ServiceName) {
  const [first, ...others] = [...adminRequestsOf(owner, 'command'), ...adminRequestsOf(owner, 'query')]
  if (!first) throw new Error(`${owner} owns no admin routes`)
  return z.discriminatedUnion('type', [first, ...others])
}

export const mappingRequest = adminRequestsTopic('mapping-service')
export const workflowRequest = adminRequestsTopic('workflow-service')
export const auditRequest = adminRequestsTopic('audit-service')

const at = '2026-11-02T09:30:00.000Z'
const id = '0199b0f2-7a3e-7c11-8f00-2d3c4b5a6978'

/** Every topic there is. The names stand here and nowhere else. */
export const topics = {
  identityRequests: topic({
    name: 'identity.requests',
    description: 'Commands, SCIM and admin, in order per entity.',
    writer: 'scim-ingress',
    readers: ['identity-service'],
    ...entity,
    cleanup: { kind: 'delete', retentionMs: hourMs },
    maxMessageBytes: 20 * megabyte,
    schema: identityRequest,
    examples: [
      {
        type: 'DeleteUser',
        requestId: id,
        instanceId: id,
        apiKeyId: id,
        at,
        deadlineAt: '2026-11-02T09:30:20.000Z',
        userId: id,
      },
    ],
  }),
  identityQueries: topic({
    name: 'identity.queries',
    description: 'Reads of users, groups and instances: any partition, concurrent.',
    writer: 'scim-ingress',
    readers: ['identity-service'],
    key: 'none',
    partitions: entityPartitions,
    cleanup: { kind: 'delete', retentionMs: 10 * minuteMs },
    maxMessageBytes: 4 * megabyte,
    schema: identityQuery,
    examples: [
      {
        type: 'ReadScimUser',
        requestId: id,
        instanceId: id,
        apiKeyId: id,
        at,
        deadlineAt: '2026-11-02T09:30:20.000Z',
        userId: id,
        withGroups: true,
      },
    ],
  }),
  identityFacts: topic({
    name: 'identity.facts',
    description: 'What is now true of users, groups and instances, with the image after the change.',
    writer: 'identity-service',
    readers: ['mapping-service', 'workflow-service', 'audit-service'],
    ...entity,
    cleanup: outage,
    maxMessageBytes: 4 * megabyte,
    schema: identityFact,
    examples: [
      {
        type: 'ApiKeyIssued',
        id: `${id}/0`,
        instanceId: id,
        entityId: id,
        at,
        actor: { type: 'admin', id, name: 'Ada Brandt' },
        cause: { type: 'request', id },
        correlationId: id,
        changes: [{ kind: 'key', path: 'primary', old: null, new: 'Entra' }],
        warnings: [],
        subject: id,
      },
    ],
  }),
  mappingProposals: topic({
    name: 'mapping.proposals',
    description: 'Field values that a mapping set gives for one SCIM version of a user.',
    writer: 'mapping-service',
    readers: ['identity-service'],
    ...entity,
    cleanup: outage,
    maxMessageBytes: 4 * megabyte,
    schema: proposeFields,
    examples: [
      {
        type: 'ProposeFields',
        id: `${id}/0/mapping`,
        instanceId: id,
        userId: id,
        at,
        factId: `${id}/0`,
        correlationId: id,
        warnings: [],
        scimVersion: 1,
        mappingSetVersion: 1,
        fields: { firstName: 'Nora' },
        rows: { firstName: 'first-name' },
      },
    ],
  }),
  workflowProposals: topic({
    name: 'workflow.proposals',
    description: "Links that the rules give for one version of a user's fields.",
    writer: 'workflow-service',
    readers: ['identity-service'],
    ...entity,
    cleanup: outage,
    maxMessageBytes: 4 * megabyte,
    schema: proposeLinks,
    examples: [
      {
        type: 'ProposeLinks',
        id: `${id}/0/workflow`,
        instanceId: id,
        userId: id,
        at,
        factId: `${id}/0`,
        correlationId: id,
        warnings: [],
        fieldsVersion: 1,
        rulesVersion: 1,
        links: [{ objectType: 'job-title', objectId: id, objectName: 'Engineer', ruleId: 'job-title' }],
      },
    ],
  }),
  mappingFacts: topic({
    name: 'mapping.facts',
    description: 'What happened in the mapping engine: sets that were saved, rows that failed.',
    writer: 'mapping-service',
    readers: ['audit-service'],
    ...entity,
    cleanup: outage,
    maxMessageBytes: 4 * megabyte,
    schema: mappingFact,
    examples: [
      {
        type: 'RowsFailed',
        id: `${id}/0/mapping/0`,
        instanceId: id,
        entityId: id,
        at,
        correlationId: id,
        mappingSetVersion: 1,
        warnings: [{ code: 'mapping-row-failed', path: 'office', detail: 'Row office gave no value: not a text.' }],
      },
    ],
  }),
  mappingRequests: topic({
    name: 'mapping.requests',
    description: 'Admin requests about mapping sets and the jobs of mapping-service.',
    writer: 'scim-ingress',
    readers: ['mapping-service'],
    ...byInstance,
    cleanup: { kind: 'delete', retentionMs: hourMs },
    maxMessageBytes: 4 * megabyte,
    schema: mappingRequest,
    examples: [],
  }),
  workflowRequests: topic({
    name: 'workflow.requests',
    description: 'Admin requests about objects and rules.',
    writer: 'scim-ingress',
    readers: ['workflow-service'],
    ...byInstance,
    cleanup: { kind: 'delete', retentionMs: hourMs },
    maxMessageBytes: 4 * megabyte,
    schema: workflowRequest,
    examples: [],
  }),
  workflowFacts: topic({
    name: 'workflow.facts',
    description:
      'What happened in the rule engine: runs, rules saved or paused, objects created, changed, merged or deleted.',
    writer: 'workflow-service',
    readers: ['audit-service', 'workflow-service'],
    ...entity,
    cleanup: outage,
    maxMessageBytes: 4 * megabyte,
    schema: workflowFact,
    examples: [
      {
        type: 'RulesRan',
        id: `${id}/0/workflow/0`,
        instanceId: id,
        entityId: id,
        at,
        correlationId: id,
        rulesVersion: 1,
        fieldsVersion: 1,
        warnings: [],
      },
    ],
  }),
  auditRequests: topic({
    name: 'audit.requests',
    description: 'Reads of the provisioning log and the change history.',
    writer: 'scim-ingress',
    readers: ['audit-service'],
    ...byInstance,
    cleanup: { kind: 'delete', retentionMs: hourMs },
    maxMessageBytes: 4 * megabyte,
    schema: auditRequest,
    examples: [],
  }),
  ingressFacts: topic({
    name: 'ingress.facts',
    description: 'One entry per request of an IdP: what it asked and what it was answered.',
    writer: 'scim-ingress',
    readers: ['audit-service', 'mapping-service'],
    ...byInstance,
    cleanup: outage,
    maxMessageBytes: 4 * megabyte,
    schema: ingressFact,
    examples: [
      {
        type: 'RequestAnswered',
        id,
        at,
        instanceId: id,
        apiKeyId: id,
        clientProfile: 'entra',
        method: 'POST',
        resource: 'Users',
        target: { id, name: 'nora@acme.test' },
        outcome: 'success',
        status: 201,
        scimType: null,
        code: null,
        detail: null,
        durationMs: 8.2,
        idpRequestId: null,
        droppedAttributes: [],
        quirks: ['op-name-case', 'user-agent-missing'],
      },
    ],
  }),
  instances: topic({
    name: 'instances',
    description: 'The instances and their state.',
    writer: 'identity-service',
    readers: ['scim-ingress', 'mapping-service', 'workflow-service', 'audit-service'],
    ...state,
    schema: instanceRecord,
    examples: [{ id, name: 'Acme PROD', state: 'active', version: 1 }],
  }),
  mappingSets: topic({
    name: 'mapping-sets',
    description: 'Which fields the mapping set of each instance writes, for those that saved one.',
    writer: 'mapping-service',
    readers: ['identity-service'],
    ...state,
    schema: mappingSetRecord,
    examples: [{ id, version: 2, rows: { firstName: 'first-name' } }],
  }),
  apiKeys: topic({
    name: 'api-keys',
    description: 'The API keys without their secrets, revoked ones too.',
    writer: 'identity-service',
    readers: ['scim-ingress'],
    ...state,
    schema: apiKeyRecord,
    examples: [{ id, instanceId: id, integrationUserId: id, expiresAt: at, revokedAt: null, version: 1 }],
  }),
  signingKeys: topic({
    name: 'signing-keys',
    description: 'The public halves of the keys that API keys are signed with.',
    writer: 'identity-service',
    readers: ['scim-ingress'],
    ...state,
    schema: signingKeyRecord,
    examples: [{ kid: 'k1', purpose: 'api-keys', publicKeyPem: '-----BEGIN PUBLIC KEY-----' }],
  }),
  accessTokens: topic({
    name: 'access-tokens',
    description: 'Hashes of personal access tokens with their grants.',
    writer: 'identity-service',
    readers: ['scim-ingress'],
    ...state,
    schema: accessTokenRecord,
    examples: [
      {
        id,
        hash: 'a'.repeat(64),
        principal: { id, name: 'Bootstrap administrator' },
        grants: [{ instanceId: null, role: 'admin' }],
        expiresAt: null,
        version: 1,
      },
    ],
  }),
} as const

export const allTopics: readonly Topic[] = Object.values(topics)

/** The answers for one ingress replica; the one kind of topic with several writers and one reader. */
export function replyTopic(replica: string): Topic<typeof reply> {
  return {
    name: `replies.${replica}`,
    description: 'Answers to the requests of one ingress replica; made at its start, removed at a clean stop.',
    writer: 'any',
    readers: ['scim-ingress'],
    key: 'request id',
    partitions: 1,
    cleanup: { kind: 'delete', retentionMs: 10 * minuteMs },
    maxMessageBytes: 4 * megabyte,
    schema: reply,
    examples: [{ outcome: 'deleted' }],
  }
}

/** What a consumer group parked of a topic, in order per key. Written and read by the service that parked it. */
export function deadLetterTopic(source: Topic, group: string, service: ServiceName): Topic<typeof deadLetter> {
  return {
    name: `${source.name}.${group}.dead`,
    description: `Messages of ${source.name} that ${service} could not process, with the error.`,
    writer: service,
    readers: [service],
    key: source.key,
    partitions: source.partitions,
    cleanup: outage,
    maxMessageBytes: source.maxMessageBytes,
    schema: deadLetter,
    examples: [],
  }
}
