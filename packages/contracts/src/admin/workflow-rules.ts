import { z } from 'zod'
import { actor, warning } from '../actor.ts'
import { fields, link } from '../images.ts'
import { perSecond, startsJob } from './jobs.ts'
import { adminRoute, listOf, none, ofInstance, page, versionInPath } from './route.ts'

const ruleId = z.string().min(1).max(64)
const ofRule = ofInstance.extend({ ruleId })
const heldLink = link.omit({ rulesVersion: true })

/** What an admin says of a rule. */
export const workflowRuleBody = z.strictObject({
  /** A field of the user, or `links.<object type>`: the object of that type that other rules link the user to. */
  field: z
    .string()
    .regex(/^(links\.[a-z][a-z0-9-]*|[A-Za-z][A-Za-z0-9]*)$/, 'a field, or links.<object type>')
    .max(128),
  /** CEL over the user `before` and `after`; null: always. */
  condition: z.string().min(1).max(2_000).nullable().default(null),
  objectType: z.string().min(1).max(64),
  matchBy: z.enum(['name', 'code']).default('name'),
  /** Case, and spaces at the ends or repeated within, make no difference. */
  ignoreCase: z.boolean().default(true),
  ifNone: z.enum(['keep', 'clear', 'create', 'report']).default('report'),
  /** From 1; at the end where it is left out. */
  position: z.int().min(1).optional(),
})

export const workflowRule = workflowRuleBody.extend({
  id: z.string(),
  instanceId: z.uuid(),
  position: z.int().positive(),
  state: z.enum(['active', 'paused']),
  reason: z.string().nullable(),
  /** Of the whole set of rules, which is changed and restored as one. */
  version: z.int().positive(),
})

const ruleSet = z.strictObject({
  items: z.array(workflowRule),
  next: z.null(),
  asOf: z.iso.datetime(),
  version: z.int().positive(),
  changedAt: z.iso.datetime().nullable(),
  changedBy: actor.nullable(),
})

const rulesVersion = z.strictObject({
  version: z.int().positive(),
  createdAt: z.iso.datetime().nullable(),
  createdBy: actor.nullable(),
  restoredFrom: z.int().positive().nullable(),
  /** What changed from the version before: a rule that is new, gone, or different. */
  changes: z.array(
    z.strictObject({
      ruleId: z.string(),
      old: workflowRule.omit({ instanceId: true, version: true }).nullable(),
      new: workflowRule.omit({ instanceId: true, version: true }).nullable(),
    }),
  ),
})

/** What running one rule would come to. */
const outcome = z.strictObject({
  ruleId: z.string(),
  value: z.string().nullable(),
  /** Null: there is no condition, or it could not be told. */
  condition: z.boolean().nullable(),
  matched: z.boolean(),
  /** The object that the user would be linked to; without an id it would be created. */
  object: z.strictObject({ id: z.string().nullable(), type: z.string(), name: z.string() }).nullable(),
  changed: z.boolean(),
  why: z.string(),
})

const command = { owner: 'workflow-service', kind: 'command', role: 'admin', parameters: ofRule, query: none } as const
const query = {
  owner: 'workflow-service',
  kind: 'query',
  role: 'viewer',
  entity: 'instance',
  parameters: ofInstance,
  body: null,
  status: 200,
  errors: [],
} as const
/** Users a second. */
const throttled = z.strictObject({ perSecond: perSecond.optional() })
const rules = '/instances/{instanceId}/workflow-rules'

export const workflowRuleRoutes = {
  listWorkflowRules: adminRoute({
    ...query,
    operationId: 'listWorkflowRules',
    method: 'GET',
    path: rules,
    query: none,
    answer: ruleSet,
    requirement: '5.1',
    summary: 'The workflow rules, in the order in which they run.',
  }),
  createWorkflowRule: adminRoute({
    ...command,
    operationId: 'createWorkflowRule',
    ifMatch: 'honoured',
    method: 'POST',
    path: rules,
    entity: 'minted',
    parameters: ofInstance,
    body: workflowRuleBody,
    answer: workflowRule,
    status: 201,
    errors: ['validation-failed', 'precondition-failed'],
    requirement: '5.1',
    summary: 'Adds a workflow rule.',
  }),
  replaceWorkflowRule: adminRoute({
    ...command,
    operationId: 'replaceWorkflowRule',
    ifMatch: 'required',
    method: 'PUT',
    path: `${rules}/{ruleId}`,
    entity: 'instance',
    body: workflowRuleBody,
    answer: workflowRule,
    status: 200,
    errors: ['validation-failed', 'precondition-failed'],
    requirement: '5.1',
    summary: 'Changes a workflow rule.',
  }),
  deleteWorkflowRule: adminRoute({
    ...command,
    operationId: 'deleteWorkflowRule',
    ifMatch: 'required',
    method: 'DELETE',
    path: `${rules}/{ruleId}`,
    entity: 'instance',
    body: null,
    answer: none,
    status: 204,
    errors: [],
    requirement: '5.1',
    summary: 'Removes a workflow rule. The links that it made stay until all rules are run again.',
  }),
  pauseWorkflowRule: adminRoute({
    ...command,
    operationId: 'pauseWorkflowRule',
    ifMatch: 'honoured',
    method: 'POST',
    path: `${rules}/{ruleId}/pause`,
    entity: 'instance',
    body: z.strictObject({ reason: z.string().trim().min(1).max(256).nullable().default(null) }),
    answer: workflowRule,
    status: 200,
    errors: ['state-conflict', 'precondition-failed'],
    requirement: '5.3',
    summary: 'Pauses a workflow rule: it does not run, its links stay.',
  }),
  resumeWorkflowRule: adminRoute({
    ...command,
    operationId: 'resumeWorkflowRule',
    ifMatch: 'honoured',
    method: 'POST',
    path: `${rules}/{ruleId}/resume`,
    entity: 'instance',
    body: null,
    answer: workflowRule,
    status: 200,
    errors: ['state-conflict', 'precondition-failed'],
    requirement: '5.3',
    summary: 'Lets a paused workflow rule run again. What changed meanwhile it sees when it is run for everyone.',
  }),
  tryWorkflowRule: adminRoute({
    ...query,
    operationId: 'tryWorkflowRule',
    method: 'POST',
    path: `${rules}/try`,
    role: 'lite-admin',
    query: none,
    body: z
      .strictObject({
        ruleId: ruleId.optional(),
        /** A rule that is not saved. With `ruleId` it takes that one's place. */
        rule: workflowRuleBody.optional(),
        userId: z.uuid(),
        /** Values that the user's fields would change to; without them the rule is tried as if the user had just come. */
        fields: fields.optional(),
      })
      .refine(({ ruleId: id, rule }) => id !== undefined || rule !== undefined, {
        message: 'ruleId, rule or both',
        path: ['ruleId'],
      }),
    answer: outcome.extend({
      userId: z.string(),
      rulesVersion: z.int().positive(),
      /** Rules that would run with it, since their own field changes or since they listen to its link. */
      others: z.array(outcome),
      links: z.strictObject({ before: z.array(heldLink), after: z.array(heldLink) }),
      warnings: z.array(warning),
    }),
    requirement: '5.4',
    summary: 'What a rule would do for a user, and why. Changes nothing.',
  }),
  runWorkflowRule: adminRoute({
    ...command,
    ...startsJob,
    operationId: 'runWorkflowRule',
    method: 'POST',
    path: `${rules}/{ruleId}/run`,
    entity: 'instance',
    body: throttled,
    errors: ['state-conflict'],
    requirement: '5.4',
    summary: 'Runs one rule for everyone, as if all users had just come: a job.',
  }),
  runWorkflowRules: adminRoute({
    ...command,
    ...startsJob,
    operationId: 'runWorkflowRules',
    method: 'POST',
    path: `${rules}/run`,
    entity: 'instance',
    parameters: ofInstance,
    body: throttled,
    errors: [],
    requirement: '5.4',
    summary: 'Runs all rules for everyone, as if all users had just come. Links of rules that were removed go: a job.',
  }),
  listRulesVersions: adminRoute({
    ...query,
    operationId: 'listRulesVersions',
    method: 'GET',
    path: `${rules}/versions`,
    query: z.strictObject(page),
    answer: listOf(rulesVersion),
    requirement: '5.1',
    summary: 'The versions of the rules, newest first: who, when, what changed.',
  }),
  restoreRulesVersion: adminRoute({
    ...command,
    operationId: 'restoreRulesVersion',
    ifMatch: 'required',
    dryRun: true,
    method: 'POST',
    path: `${rules}/versions/{rulesVersion}/restore`,
    entity: 'instance',
    parameters: ofInstance.extend({ rulesVersion: versionInPath }),
    body: null,
    answer: ruleSet,
    status: 200,
    errors: ['validation-failed', 'precondition-failed'],
    requirement: '5.1',
    summary: 'Makes a new version that has the rules of an old one.',
  }),
  listRuleReports: adminRoute({
    ...query,
    operationId: 'listRuleReports',
    events: 'changes',
    method: 'GET',
    path: `${rules}/reports`,
    query: z.strictObject(page),
    answer: listOf(
      z.strictObject({
        id: z.string(),
        code: z.string(),
        /** The rule, or those that feed each other, from one back to it. */
        ruleIds: z.array(z.string()),
        detail: z.string(),
        /** How often it was seen. */
        count: z.int().positive(),
        /** When it was first seen, and last. */
        createdAt: z.iso.datetime(),
        changedAt: z.iso.datetime(),
        /** The user it was last seen with. */
        userId: z.string().nullable(),
      }),
    ),
    requirement: '5.3',
    summary: 'Rules that failed, were paused, or feed each other, the last seen first.',
  }),
  // Last: `versions` is no rule.
  readWorkflowRule: adminRoute({
    ...query,
    operationId: 'readWorkflowRule',
    method: 'GET',
    path: `${rules}/{ruleId}`,
    parameters: ofRule,
    query: none,
    answer: workflowRule,
    requirement: '5.1',
    summary: 'One workflow rule.',
  }),
} as const
