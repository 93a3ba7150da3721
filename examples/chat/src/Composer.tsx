// The field to write in: a message shows at once, before the server has answered.
import { insertAtTop, useMutation } from "convex/react";
import { ConvexError } from "convex/values";
import { type FormEvent, type KeyboardEvent, useState } from "react";
import { api } from "../convex/_generated/api";
import type { Doc, Id } from "../convex/_generated/dataModel";

export function Composer({ channel, author }: { channel: Doc<"channels">; author: string }) {
  const send = useSend();
  const [body, setBody] = useState("");
  const [problem, setProblem] = useState<string | null>(null);

  async function submit(event?: FormEvent) {
    event?.preventDefault();
    const text = body.trim();
    if (text === "") return;
    setBody("");
    setProblem(null);
    try {
      await send({ channel: channel._id, author, body: text });
    } catch (error) {
      setBody((typedSince) => typedSince || text);
      setProblem(error instanceof ConvexError ? String(error.data) : "The message was not sent. Try again.");
    }
  }

  function submitOnEnter(event: KeyboardEvent) {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void submit();
  }

  return (
    <form className="composer" onSubmit={submit}>
      {problem !== null && <p className="problem" role="alert">{problem}</p>}
      <textarea
        rows={1}
        value={body}
        maxLength={2000}
        placeholder={`Message #${channel.name}`}
        aria-label={`Message #${channel.name}`}
        data-testid="composer"
        onChange={(event) => setBody(event.target.value)}
        onKeyDown={submitOnEnter}
      />
      <button type="submit" data-testid="send" disabled={body.trim() === ""}>
        Send
      </button>
    </form>
  );
}

function useSend() {
  return useMutation(api.messages.send).withOptimisticUpdate((store, args) => {
    insertAtTop({
      paginatedQuery: api.messages.list,
      argsToMatch: { channel: args.channel },
      localQueryStore: store,
      item: {
        _id: crypto.randomUUID() as Id<"messages">,
        _creationTime: Date.now(),
        channel: args.channel,
        author: args.author.trim() || "Anonymous",
        body: args.body,
      },
    });
  });
}
