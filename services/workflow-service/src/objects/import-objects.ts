import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import { type AdminRequest, instanceOf, messageType } from '@user-provisioning/contracts/admin-requests'
import { importJob } from '@user-provisioning/jobs/import-job'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { carryOut, type WorkflowCommitter } from '../workflow-committer.ts'
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
  const inItsTurn = (request: AdminRequest) => carryOut(mongo, committer, request, partition())

  return importJob({
    mongo,
    kind: 'object-import',
    begunBy: 'importObjects',
    create: 'createObject',
    nameOf: ({ type, name }) => (name === undefined ? '' : JSON.stringify([type ?? '', matchKey(String(name))])),
    carryOut: inItsTurn,
    async update(request) {
      const instanceId = instanceOf(request)
      const { type, name, code } = adminRoutes.createObject.body.parse(request.body)
      const lookup = { instanceId, type, by: 'name' as const, value: name }
      const book = objectBook(mongo)
      await book.read([lookup], [])
      const object = book.findObject(lookup)
      const isSame = object !== undefined && matchKey(object.name) === matchKey(name) && object.code === code
      // What another object holds, its code, is refused as before.
      if (object === undefined) return inItsTurn(request)
      if (isSame) return undefined
      return inItsTurn({
        ...request,
        type: messageType('changeObject'),
        entityId: object._id,
        parameters: { instanceId, objectId: object._id },
        body: { code },
      })
    },
  })
}
