import { fromJson, type JsonObject } from '@bufbuild/protobuf'
import { matchFieldQuery } from '@quadrant/core'
import { CapturedRequestSchema, type CapturedRequest } from '@quadrant/proto'
import { requestLookup } from './request-fields.ts'
import { unreadable, type Recorded } from './recording.ts'

/** Requests as `observe --requests -o jsonl` writes them. */
export const RECORDED_REQUESTS: Recorded<CapturedRequest> = {
  // 128 fields of headers of 1 KiB, twice: JSON escapes what is not plain.
  lineCharactersMax: 1 << 19,
  read: readRequest,
  timeNs: ({ request }) => request?.startNs ?? 0,
  matches: (row, query) =>
    row.request !== undefined && matchFieldQuery(query, requestLookup(row, row.request)),
}

function readRequest(json: JsonObject): CapturedRequest | string {
  if (!('request' in json))
    return 'event' in json
      ? 'not a request but a flow: read it without --requests'
      : 'not a request: it has no `request`'
  try {
    const row = fromJson(CapturedRequestSchema, json, { ignoreUnknownFields: true })
    return row.request ? row : 'not a request: its `request` is empty'
  } catch (error) {
    return unreadable('request', error)
  }
}
