import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import { Fault } from '@user-provisioning/contracts/errors'
import { adminReply } from '@user-provisioning/contracts/reply'
import { topics } from '@user-provisioning/contracts/topics'
import { fold } from '@user-provisioning/scim/fold'
import { operation } from '../commands/command.ts'
import { type InstanceDocument, instanceRecord, presentInstance } from './instance-document.ts'
import { instanceFact } from './instance-fact.ts'

const readBody = adminRoutes.createInstance.body

/** A new instance under the id minted for it. */
export const createInstance = operation('CreateInstance', {
  needs(message, want) {
    want.instanceNamed(readBody.parse(message.body).name)
  },

  decide(message, view, ctx) {
    const { name, label } = readBody.parse(message.body)
    if (view.instanceNamed(name) !== undefined) throw new Fault('name-taken', { type: 'Instance', name })
    const instance: InstanceDocument = {
      _id: message.entityId ?? ctx.mintedId,
      name,
      searchName: fold(name),
      label,
      state: 'active',
      version: 1,
      createdAt: ctx.now,
      createdBy: ctx.actor,
      changedAt: ctx.now,
      changedBy: ctx.actor,
    }
    const changes = [{ kind: 'setting' as const, path: 'name', old: null, new: name }]
    return {
      effects: [{ kind: 'instance', before: null, after: instance }],
      announcements: [
        {
          kind: 'state',
          topic: topics.instances,
          key: instance._id,
          type: 'InstanceState',
          value: instanceRecord(instance),
        },
        instanceFact('InstanceCreated', { instanceId: instance._id, subject: instance._id, changes }, ctx),
      ],
      reply: adminReply(presentInstance(instance)),
    }
  },
})
