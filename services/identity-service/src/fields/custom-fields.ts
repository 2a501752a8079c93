import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import type { CustomField } from '@user-provisioning/contracts/fields'
import { adminReply } from '@user-provisioning/contracts/reply'
import { topics } from '@user-provisioning/contracts/topics'
import type { JsonValue } from '@user-provisioning/scim/json'
import type { Context, Outcome } from '../commands/command.ts'
import { type InstanceDocument, instanceRecord } from '../instances/instance-document.ts'
import { instanceFact } from '../instances/instance-fact.ts'

/** The custom field that a path names. @throws Fault not-found */
export function fieldNamed(message: AdminRequest, instance: InstanceDocument): CustomField {
  const found = instance.customFields?.find(({ name }) => name === message.parameters.name)
  if (found === undefined) throw new Fault('not-found', { type: 'custom field' })
  return found
}

/** The instance with other custom fields, told to every replica that checks them, and to the history. */
export function withCustomFields(
  instance: InstanceDocument,
  customFields: readonly CustomField[],
  change: { readonly name: string; readonly old: CustomField | null; readonly new: CustomField | null },
  answer: object,
  ctx: Context,
): Outcome {
  const after = { ...instance, customFields, version: instance.version + 1, changedAt: ctx.now, changedBy: ctx.actor }
  const changes = [
    {
      kind: 'setting' as const,
      path: `customFields/${change.name}`,
      old: change.old as JsonValue,
      new: change.new as JsonValue,
    },
  ]
  return {
    effects: [{ kind: 'instance', before: instance, after }],
    announcements: [
      { kind: 'state', topic: topics.instances, key: after._id, type: 'InstanceState', value: instanceRecord(after) },
      instanceFact('CustomFieldsChanged', { instanceId: after._id, subject: change.name, changes }, ctx),
    ],
    reply: adminReply(answer),
  }
}
