{
  "texts are parsed alike": async () => {
    const texts = [
      "2024-06-15", "2024-06", "2024", "2024-06-15T12:34", "2024-06-15T12:34:56", "2024-06-15T12:34:56Z", "2024-06-15T12:34:56.789Z", "2024-06-15T12:34:56.7891234Z",
      "2024-06-15T12:34:56+02:00", "2024-06-15T12:34:56-0330", "2024-06-15T12:34:56+02", "2024-06-15 12:34", "2024-06-15 12:34:56", "2024-06-15 12:34:56Z", "2024-06-15 12:34:56 +0200", "2024-06-15T24:00:00",
      "2024-06-15T24:00:01", "2024-06-15T25:00", "2024-02-30", "2024-02-30T00:00", "2024-13-01", "2024-00-10", "2024-1-5", "2024-1-5 1:2", "2024/06/15", "2024/6/5 7:8:9", "6/15/2024", "06/15/2024 10:00 PM", "6/15/24",
      "6/15/49", "6/15/50", "15/6/2024", "Jun 15, 2024", "June 15, 2024", "15 June 2024", "15 Jun 2024 10:20:30 GMT", "Sat, 15 Jun 2024 10:20:30 GMT", "Sat Jun 15 2024 10:20:30 GMT+0000 (Coordinated Universal Time)",
      "Sat Jun 15 2024 10:20:30 GMT+0200", "Sat Jun 15 2024", "Saturday, June 15, 2024 10:20 AM", "June 15 2024 12:00 AM", "June 15 2024 12:00 PM", "June 15 2024 13:00 PM", "June 2024", "Jun 2024", "2024 June 15", "2024 Jun", "15-Jun-2024", "Jun-15-2024",
      "2024-06-15T12:34:56 Z", "2024-06-15t12:34:56z", " 2024-06-15 ", "2024-06-15T12:34:56.Z", "+002024-06-15", "-000001-01-01", "+275760-09-13", "+275760-09-14", "+275760-09-13T00:00:00.001Z", "-271821-04-20", "-271821-04-19",
      "12:34", "10:00", "", "foo", "Invalid Date", "1", "12", "13", "31", "32", "49", "50", "99", "100", "1000", "12345", "1/1", "1/1/1", "Jan 1", "January", "1 Jan", "Jan 32 2024", "Feb 30 2024",
      "2024-06-15T12:34:56 EST", "15 Jun 2024 10:20:30 EST", "15 Jun 2024 10:20:30 PDT", "15 Jun 2024 10:20:30 UT", "15 Jun 2024 10:20:30 Z", "15 Jun 2024 10:20:30 +01:30", "15 Jun 2024 10:20 (comment) GMT", "(comment) 15 Jun 2024",
      "2024-06-15T12:34:56,789Z", "20240615", "20240615T123456Z", "2024-167", "2024-W24-6", "2024-06-15T12", "2024-06-15T1:02", "2024-06-15T12:3", "T12:34", "2024-06-15T", "2024-06-15Z", "2024-06-15+02:00", "2024-06Z",
      "Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT+0200", "Thursday 01 January 1970", "1970-01-01T00:00:00.000000001Z", "2024-06-15T12:34:60Z", "2024-06-15T12:60:00Z", "2024-06-31", "2024-06-31T00:00Z",
      "Tue Mar 01 2022 08:00:00 GMT+0530 (India Standard Time)", "2022-03-01T08:00:00.000+0530", "Mar 1 2022 8:00 am", "Mar 1 2022 8:00am", "8:00 Mar 1 2022", "Mar 1st 2022", "March 1, 2022 at 8:00 AM",
    ];
    return texts.map((text) => `${text} → ${Date.parse(text)}`);
  },
  "texts of dates": async () => {
    const times = [0, 1700000000123, -1, -62135596800000, -62198755200000, -1e14, 8.64e15, -8.64e15, 253402300800000, NaN, 951782400000];
    return times.map((time) => {
      const date = new Date(time);
      const methods = ["toString", "toDateString", "toTimeString", "toUTCString", "toGMTString", "toJSON", "getYear", "getTimezoneOffset", "valueOf"];
      const iso = Number.isNaN(time) ? null : date.toISOString();
      return [...methods.map((name) => date[name]()), iso, String(date), `${date}`, date + 1, JSON.stringify({ date })];
    });
  },
  "parts of dates": async () => {
    const methods = ["getFullYear", "getMonth", "getDate", "getDay", "getHours", "getMinutes", "getSeconds", "getMilliseconds"];
    return [0, 1700000000123, -1, 8.64e15, NaN].map((time) => methods.map((name) => new Date(time)[name]()));
  },
  "dates made of numbers": async () => [
    [2024, 0], [2024, 12, 32], [99, 0], [100, 0], [-1, 0], [2024, 0, 1, 25, 61, 61, 1001], [2024, NaN], [1e9, 0], [2024.9, 1.9, 1.9], ["2024", "5"],
  ].map((args) => [new Date(...args).getTime(), Date.UTC(...args)]),
  "dates made of values": async () => [new Date(null), new Date(undefined), new Date(true), new Date("5"), new Date([2024, 5]), new Date({}), new Date(new Date(5)), new Date(8.64e15 + 1), new Date(1.9), new Date(-1.9), new Date({ valueOf: () => 7 }), new Date({ toString: () => "2024-01-01" })].map((date) => date.getTime()),
  "setters": async () => {
    const set = (name, ...args) => {
      const date = new Date(1700000000123);
      return [date[name](...args), date.getTime()];
    };
    return [set("setFullYear", 2000), set("setFullYear", 2000, 1, 29), set("setMonth", 13), set("setMonth"), set("setDate", 0), set("setHours", 25, 61, 61, 1001), set("setMinutes", -1), set("setSeconds", 3600), set("setMilliseconds", NaN), set("setTime", 5), set("setYear", 99), set("setYear", 2001), set("setUTCDate", 40)];
  },
  "shape": async () => [Object.getOwnPropertyNames(Date).sort(), Object.getOwnPropertyNames(Date.prototype).sort(), Date.length, Date.name, Date.prototype.constructor === Date, typeof Date(), Date.prototype[Symbol.toPrimitive].call(new Date(5), "number"), Object.prototype.toString.call(new Date())],
  "wrong receivers": async () => ["getTime", "toISOString", "toString", "getYear", "toLocaleString", "getDay"].map((name) => {
    try {
      return Date.prototype[name].call({});
    } catch (error) {
      return error.name;
    }
  }),
}
