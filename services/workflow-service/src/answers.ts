import { adminRoutes, type OperationId } from '@user-provisioning/contracts/admin/routes'
import {
  type AdminAnswer,
  type AdminBody,
  type AdminQuery,
  type AdminRequest,
  instanceOf,
  messageType,
} from '@user-provisioning/contracts/admin-requests'
import { adminReply } from '@user-provisioning/contracts/reply'
import type { Jobs } from '@user-provisioning/jobs/jobs'
import type { Answer } from '@user-provisioning/messaging/answering'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { objectTypes, presentObjectType, typesOf } from './object-types/object-type.ts'
import { listObjects } from './objects/list-objects.ts'
import { presentObject } from './objects/object.ts'
import { objectBook } from './objects/object-book.ts'
import { requireObject } from './objects/require-object.ts'
import { bodyOf } from './operation.ts'
import { operations } from './operations.ts'
import { listRuleReports } from './rule-reports/list-rule-reports.ts'
import { listRulesVersions } from './rules/list-rules-versions.ts'
import { presentRule, presentRules } from './rules/present-rules.ts'
import { ruleRunOf } from './rules/rule-run.ts'
import { ruleSets, unchangedRuleSet } from './rules/rule-set-store.ts'
import { tryRule } from './rules/try-rule.ts'
import { carryOut, type WorkflowCommitter } from './workflow-committer.ts'
import { countLinked } from './workflow-view.ts'

interface Asked<Id extends OperationId> {
  readonly instanceId: string
  readonly parameters: Readonly<Record<string, string>>
  readonly query: AdminQuery<Id>
  readonly body: AdminBody<Id>
  readonly now: Date
}

type Queries = { readonly [Id in OperationId]?: (asked: Asked<Id>) => Promise<AdminAnswer<Id>> }

/** Everything that workflow-service is asked, by the type of the request. */
export function workflowAnswers(
  mongo: Mongo,
  committer: Pick<WorkflowCommitter, 'submit'>,
  jobs: Pick<Jobs, 'begin' | 'answers'>,
): Readonly<Record<string, Answer<AdminRequest>>> {
  const rulesOf = async (instanceId: string) =>
    (await mongo.bound(ruleSets, instanceId).findOne({ _id: instanceId })) ?? unchangedRuleSet(instanceId)

  const queries = {
    listObjects: ({ instanceId, query, now }) => listObjects(mongo, instanceId, query, now),
    async readObject({ instanceId, parameters: { objectId = '' } }) {
      const book = objectBook(mongo)
      await book.read([], [{ instanceId, id: objectId }])
      const object = requireObject(instanceId, objectId, book)
      return presentObject(object, await countLinked(mongo, instanceId, objectId))
    },
    async listObjectTypes({ instanceId, now }) {
      const types = typesOf(instanceId, await mongo.bound(objectTypes, instanceId).find({}))
      return { items: types.map(presentObjectType), next: null, asOf: now.toISOString() }
    },
    listWorkflowRules: async ({ instanceId, now }) => presentRules(await rulesOf(instanceId), now),
    readWorkflowRule: async ({ instanceId, parameters: { ruleId = '' } }) =>
      presentRule(await rulesOf(instanceId), ruleId),
    tryWorkflowRule: ({ instanceId, body, now }) => tryRule(mongo, instanceId, body, now),
    listRulesVersions: ({ instanceId, query, now }) => listRulesVersions(mongo, instanceId, query, now),
    listRuleReports: ({ instanceId, query, now }) => listRuleReports(mongo, instanceId, query, now),
  } satisfies Queries

  const answers: [string, Answer<AdminRequest>][] = []
  for (const [id, query] of Object.entries(queries) as [
    OperationId,
    (asked: Asked<OperationId>) => Promise<object>,
  ][]) {
    answers.push([messageType(id), async (request) => adminReply(await query(askedBy(id, request)))])
  }
  for (const id of Object.keys(operations) as OperationId[]) {
    answers.push([messageType(id), (request, { partition }) => carryOut(mongo, committer, request, partition)])
  }
  const run: Answer<AdminRequest> = async (request) =>
    jobs.begin(request, ruleRunOf(request, await rulesOf(instanceOf(request))))
  return { ...Object.fromEntries(answers), RunWorkflowRule: run, RunWorkflowRules: run, ...jobs.answers }
}

function askedBy(id: OperationId, request: AdminRequest): Asked<OperationId> {
  const { parameters } = request
  const query = adminRoutes[id].query.parse(request.query) as never
  const body = bodyOf(id, request) as never
  return { instanceId: instanceOf(request), parameters, query, body, now: new Date() }
}
