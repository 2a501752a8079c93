import type { AdminAnswer } from '@user-provisioning/contracts/admin-requests'
import { defineCollection } from '@user-provisioning/mongo/collection-definition'
import { userGroup } from '../rules/workflow-rule.ts'

/** A type of objects that rules link users to. */
export interface ObjectType {
  /** `<instance>/<name>` */
  readonly _id: string
  readonly instanceId: string
  readonly name: string
  readonly label: string
  readonly version: number
}

/** The types that an instance declares; the standard ones are not stored. */
export const objectTypes = defineCollection<ObjectType>({
  name: 'objectTypes',
  scope: 'instance',
  schema: {
    name: { type: String, required: true },
    label: { type: String, required: true },
    version: { type: Number, required: true },
  },
  indexes: [{ keys: { instanceId: 1, name: 1 } }],
})

/** What every instance has. */
const standardTypes: Readonly<Record<string, string>> = {
  'job-title': 'Job title',
  department: 'Department',
  [userGroup]: 'User group',
}

/** An instance's types: the standard ones, then its own. */
export function typesOf(instanceId: string, declared: readonly ObjectType[]): ObjectType[] {
  const standard = Object.entries(standardTypes).map(([name, label]) => ({
    _id: objectTypeId(instanceId, name),
    instanceId,
    name,
    label,
    version: 1,
  }))
  return [...standard, ...declared.toSorted((one, other) => (one.name < other.name ? -1 : 1))]
}

export function objectTypeId(instanceId: string, name: string): string {
  return `${instanceId}/${name}`
}

export function isStandard(name: string): boolean {
  return Object.hasOwn(standardTypes, name)
}

/** The type as the admin API shows it. */
export function presentObjectType({
  name,
  instanceId,
  label,
  version,
}: ObjectType): AdminAnswer<'listObjectTypes'>['items'][number] {
  return {
    name,
    instanceId,
    label,
    kind: isStandard(name) ? 'standard' : 'custom',
    objects: name === userGroup ? 'groups' : 'kept',
    version,
  }
}
