// The author's name, kept in this browser.
import { useEffect, useState } from "react";

const STORAGE_KEY = "concave-chat-author";
const NAMES = ["Heron", "Otter", "Maple", "Comet", "Lynx", "Juniper", "Finch", "Quartz"];

function initialName(): string {
  const saved = localStorage.getItem(STORAGE_KEY);
  if (saved !== null) return saved;
  const name = NAMES[Math.floor(Math.random() * NAMES.length)] ?? "Heron";
  return `${name} ${Math.floor(Math.random() * 90) + 10}`;
}

export function useAuthor(): [string, (name: string) => void] {
  const [author, setAuthor] = useState(initialName);
  useEffect(() => localStorage.setItem(STORAGE_KEY, author), [author]);
  return [author, setAuthor];
}
