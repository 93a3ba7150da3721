// The channels to choose from, a field for a new one, and the author's name.
import { useMutation } from "convex/react";
import { ConvexError } from "convex/values";
import { type FormEvent, useState } from "react";
import { api } from "../convex/_generated/api";
import type { Doc, Id } from "../convex/_generated/dataModel";
import { Avatar } from "./Avatar";

type Props = {
  channels: Doc<"channels">[] | undefined;
  chosen: Id<"channels"> | null;
  onChoose: (channel: Id<"channels">) => void;
  author: string;
  onAuthorChange: (name: string) => void;
};

export function Sidebar({ channels, chosen, onChoose, author, onAuthorChange }: Props) {
  return (
    <aside className="sidebar" aria-label="Channels">
      <div className="brand">
        <img src="/favicon.svg" alt="" width={28} height={28} />
        <span>Concave chat</span>
      </div>
      <nav className="channels" aria-label="Channels" data-testid="channels">
        {channels === undefined && <ChannelSkeleton />}
        {channels?.map((channel) => (
          <button
            key={channel._id}
            type="button"
            className="channel"
            data-testid="channel"
            aria-current={channel._id === chosen ? "page" : undefined}
            onClick={() => onChoose(channel._id)}
          >
            <span aria-hidden="true">#</span>
            {channel.name}
          </button>
        ))}
      </nav>
      <NewChannel onCreated={onChoose} />
      <label className="author">
        <Avatar name={author} />
        <span className="author-field">
          <span className="author-label">You write as</span>
          <input
            value={author}
            maxLength={40}
            data-testid="author"
            aria-label="Your name"
            onChange={(event) => onAuthorChange(event.target.value)}
          />
        </span>
      </label>
    </aside>
  );
}

function NewChannel({ onCreated }: { onCreated: (channel: Id<"channels">) => void }) {
  const create = useMutation(api.channels.create);
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<string | null>(null);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (name.trim() === "") return;
    try {
      onCreated(await create({ name }));
      setName("");
      setProblem(null);
    } catch (error) {
      setProblem(error instanceof ConvexError ? String(error.data) : "The channel could not be made.");
    }
  }

  return (
    <form className="new-channel" onSubmit={submit}>
      <input
        value={name}
        placeholder="New channel"
        aria-label="Name of the new channel"
        maxLength={40}
        data-testid="new-channel"
        onChange={(event) => setName(event.target.value)}
      />
      <button type="submit" aria-label="Make the channel" data-testid="create-channel" disabled={name.trim() === ""}>
        +
      </button>
      {problem !== null && <p className="problem" role="alert">{problem}</p>}
    </form>
  );
}

function ChannelSkeleton() {
  return (
    <>
      {[70, 50, 60].map((width) => (
        <span key={width} className="skeleton" style={{ width: `${width}%` }} aria-hidden="true" />
      ))}
    </>
  );
}
