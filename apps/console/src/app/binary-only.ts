// Takes the place of protobuf's JSON codec in the built console (vite.config.ts): the console speaks binary protobuf
// alone, and the codec that Connect would bring along is a tenth of the whole script.

function refuse(): never {
  throw new TypeError('the console speaks binary protobuf only')
}

export {
  refuse as enumFromJson,
  refuse as enumToJson,
  refuse as fromJson,
  refuse as fromJsonString,
  refuse as isEnumJson,
  refuse as mergeFromJson,
  refuse as mergeFromJsonString,
  refuse as toJson,
  refuse as toJsonString,
}
