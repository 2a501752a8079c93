import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import { type AdminRequest, instanceOf } from '@user-provisioning/contracts/admin-requests'
import type { Answer } from '@user-provisioning/messaging/answering'
import { commitRequest } from '@user-provisioning/mongo/commit-request'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { listObjects } from './objects/list-objects.ts'
import { objects } from './objects/object-store.ts'
import type { WorkflowCommitter, WorkflowInput } from './workflow-committer.ts'

/** Everything that workflow-service is asked, by the type of the request. */
export function workflowAnswers(
  mongo: Pick<Mongo, 'bound'>,
  committer: Pick<WorkflowCommitter, 'submit'>,
): Readonly<Record<string, Answer<AdminRequest>>> {
  const commit =
    (inputOf: (request: AdminRequest) => WorkflowInput): Answer<AdminRequest> =>
    (request, { partition }) =>
      commitRequest(committer, request, { partition }, inputOf(request))

  return {
    async ListObjects(request) {
      const instanceId = instanceOf(request)
      const query = adminRoutes.listObjects.query.parse(request.query)
      const result = await listObjects(mongo.bound(objects, instanceId), instanceId, query, new Date())
      return { outcome: 'admin', result }
    },
    CreateObject: commit((request) => ({ kind: 'create-object', request })),
  }
}
