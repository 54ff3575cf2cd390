import { create } from '@bufbuild/protobuf'
import { CheckSchema, type Check, type CheckStatus } from '@quadrant/proto'

/** One verdict; of the server itself where no other category is given. */
export function check(
  id: string,
  title: string,
  status: CheckStatus,
  rest: Partial<Omit<Check, '$typeName'>> = {},
): Check {
  return create(CheckSchema, { id, category: 'server', title, status, ...rest })
}
