// Sockets of a system that lacks something, or of a libcurl that was built in another way.
#pragma once

/// While it exists, a call of the C library fails.
class FailingCall {
 public:
  enum Kind { socket, connect, send, recv };

  FailingCall(Kind call, int error_number);
  FailingCall(const FailingCall&) = delete;
  FailingCall& operator=(const FailingCall&) = delete;
  ~FailingCall();

 private:
  Kind call_;
};

/// While it exists, a send to a connection that the other side has closed raises SIGPIPE, whatever
/// its flags say, as write() does.
class SendsRaiseSigpipe {
 public:
  SendsRaiseSigpipe();
  SendsRaiseSigpipe(const SendsRaiseSigpipe&) = delete;
  SendsRaiseSigpipe& operator=(const SendsRaiseSigpipe&) = delete;
  ~SendsRaiseSigpipe();
};

/// While it exists, TLS of this process reads as much as it can get, as that of libcurl 8.15 and
/// later does.
class TlsReadsAhead {
 public:
  TlsReadsAhead();
  TlsReadsAhead(const TlsReadsAhead&) = delete;
  TlsReadsAhead& operator=(const TlsReadsAhead&) = delete;
  ~TlsReadsAhead();
};
