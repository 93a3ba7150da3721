// The globals of streams, requests and their kin: parts evaluated on first use.
(host, shared) => {
  const { lazyGlobals, hidden } = shared;
  lazyGlobals("streams/readable", ["ReadableStream", "ReadableStreamDefaultReader"]);
  lazyGlobals("streams/bytes", ["ReadableStreamBYOBReader"]);
  lazyGlobals("streams/writable", ["WritableStream", "WritableStreamDefaultWriter"]);
  lazyGlobals("streams/transform", ["TransformStream"]);
  lazyGlobals("streams/encoding", ["TextEncoderStream", "TextDecoderStream"]);
  lazyGlobals("urlpattern", ["URLPattern"]);
  lazyGlobals("http/request", ["Request"]);
  lazyGlobals("http/response", ["Response"]);
  lazyGlobals("http/formdata", ["File", "FormData"]);

  // Ends the call: nobody should build on what is not there.
  shared.notImplemented = (member, name) =>
    host.fail(
      `Not implemented: ${member} for ${name}. Consider calling an action defined in Node.js instead ` +
        "(https://docs.convex.dev/functions/actions).",
    );

  hidden(Blob.prototype, "stream", function stream() {
    return shared.part("http/body").streamOfBytes(shared.blobBytes(this));
  });
};
