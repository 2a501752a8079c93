import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import { type AdminRequest, instanceOf, messageType } from '@user-provisioning/contracts/admin-requests'
import type { Reply } from '@user-provisioning/contracts/reply'
import { importJob } from '@user-provisioning/jobs/import-job'
import { commitRequest } from '@user-provisioning/mongo/commit-request'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { decideRequest, readView, type WorkflowCommitter } from '../workflow-committer.ts'
import { matchKey } from './object.ts'
import { objectBook } from './object-book.ts'

/**
 * Objects from a file. `upsert` gives an object that is there already under its type and name the row's code.
 * @param partition one that this replica owns: what a job commits is announced by who committed it
 */
export function importObjects(
  mongo: Mongo,
  committer: Pick<WorkflowCommitter, 'submit'>,
  partition: () => number,
): ReturnType<typeof importJob> {
  async function carryOut(request: AdminRequest): Promise<Reply> {
    const input = { kind: 'request', request } as const
    if (!request.dryRun) return commitRequest(committer, request, { partition: partition() }, input)
    return decideRequest(request, await readView(mongo, [input]), new Date()).reply as Reply
  }

  return importJob({
    mongo,
    kind: 'object-import',
    begunBy: 'importObjects',
    create: 'createObject',
    nameOf: ({ type, name }) => (name === undefined ? '' : JSON.stringify([type ?? '', matchKey(String(name))])),
    carryOut,
    async update(request) {
      const instanceId = instanceOf(request)
      const { type, name, code } = adminRoutes.createObject.body.parse(request.body)
      const lookup = { instanceId, type, by: 'name' as const, value: name }
      const book = objectBook(mongo)
      await book.read([lookup], [])
      const object = book.findObject(lookup)
      const isSame = object !== undefined && matchKey(object.name) === matchKey(name) && object.code === code
      // What another object holds, its code, is refused as before.
      if (object === undefined) return carryOut(request)
      if (isSame) return undefined
      return carryOut({
        ...request,
        type: messageType('changeObject'),
        entityId: object._id,
        parameters: { instanceId, objectId: object._id },
        body: { code },
      })
    },
  })
}
